"""What happens in which session: gaps, halts and splits, exactly as many as were asked for."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from domain.market_data.imports import SyntheticTerms
from domain.market_data.synthetic.draws import Draws, Ints

PURPOSE = 0  # of the draws; those of the sessions count from 1
GAP_MINUTES = (2, 8)
HALT_MINUTES = (5, 15)


class Pause(Struct, frozen=True):
    """Minutes of a session without rows, from `start` up to, not including, `end`.

    In a gap the market goes on unseen. In a halt it stands still, and opens at another price.
    """

    start: int
    end: int
    is_halt: bool


class Plan(Struct, frozen=True):
    """Counts by session."""

    gaps: Ints
    halts: Ints
    splits: frozenset[int]


def plan(terms: SyntheticTerms) -> Plan:
    """Spread over the sessions as evenly as they go, the rest by chance. The first has no split."""
    count, draws = terms.session_count, Draws(terms.seed, PURPOSE)
    return Plan(
        _spread(terms.gaps_per_100_sessions, count, draws),
        _spread(terms.halts_per_100_sessions, count, draws),
        frozenset((draws.order(count - 1) + 1)[: terms.split_count].tolist()),
    )


def pauses(gaps: int, halts: int, minutes: int, draws: Draws) -> Sequence[Pause]:
    """Each in a part of the session of its own, neither at the ends of it nor at another's."""
    count = gaps + halts
    if not count:
        return ()
    room = minutes // count
    kinds = draws.order(count) < halts
    return [_pause(number * room, room, bool(kinds[number]), draws) for number in range(count)]


def _pause(start: int, room: int, is_halt: bool, draws: Draws) -> Pause:
    shortest, longest = HALT_MINUTES if is_halt else GAP_MINUTES
    longest = min(longest, room - 2)  # a minute before it and one behind
    length = min(shortest, longest) + draws.one_below(max(1, longest - shortest + 1))
    first = start + 1 + draws.one_below(room - 1 - length)
    return Pause(first, first + length, is_halt)


def _spread(per_100: int, sessions: int, draws: Draws) -> Ints:
    total = (per_100 * sessions + 50) // 100
    counts = np.full(sessions, total // sessions, np.int64)
    counts[draws.order(sessions)[: total % sessions]] += 1
    return counts
