"""Which decisions of two records are the same one."""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence

from domain.reports.parity.records import Decided

Pair = tuple[Decided | None, Decided | None]
Key = Callable[[Decided], Hashable]

# From the surest to the least sure. Numbers shift behind a decision that only one side has, so
# time says more than they do.
_AT_THE_SAME_TIME: tuple[Key, ...] = (
    lambda one: (one.ts, one.request, one.wants),
    lambda one: (one.ts, one.wants),
    lambda one: (one.ts, one.request, one.side),
    lambda one: (one.ts, one.side),
)
_AT_ANOTHER_TIME: tuple[Key, ...] = (
    lambda one: (one.request, one.wants),
    lambda one: (one.request, one.side),
)


def pairs(left: Sequence[Decided], right: Sequence[Decided], *, same_mind: bool) -> list[Pair]:
    """Every decision once, with its like on the other side or alone, by time.

    Only two that are of the `same_mind`, the same code with the same parameters, make the same
    decision at another time: what they heard came later. Of any others a decision at another
    time is another decision.
    """
    keys = _AT_THE_SAME_TIME + (_AT_ANOTHER_TIME if same_mind else ())
    found: list[Pair] = []
    ours, theirs = list(left), list(right)
    for key in keys:
        ours, theirs = _match(ours, theirs, key, found)
    found += [(one, None) for one in ours]
    found += [(None, one) for one in theirs]
    found.sort(key=_place)
    return found


def _match(
    ours: Iterable[Decided], theirs: Iterable[Decided], key: Key, found: list[Pair]
) -> tuple[list[Decided], list[Decided]]:
    """Pairs those with equal keys, in their order, and returns what is left of each side."""
    waiting: defaultdict[Hashable, deque[Decided]] = defaultdict(deque)
    for one in theirs:
        waiting[key(one)].append(one)
    left: list[Decided] = []
    for one in ours:
        like = waiting.get(key(one))
        if like:
            found.append((one, like.popleft()))
        else:
            left.append(one)
    kept = {id(one) for queue in waiting.values() for one in queue}
    return left, [one for one in theirs if id(one) in kept]


def _place(pair: Pair) -> tuple[int, int]:
    there = [one for one in pair if one is not None]
    return min(one.ts for one in there), min(abs(one.request) for one in there)
