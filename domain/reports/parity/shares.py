"""How much of a difference is signal, timing, price, quantity and fee."""

from collections import deque
from collections.abc import Iterable
from enum import IntEnum

from msgspec import Struct

from domain.reports.parity.records import Decided, Traded


class Component(IntEnum):
    """What can differ between two records of one decision."""

    SIGNAL = 1
    """The decision itself: only one side has it, or it wants something else."""
    TIMING = 2
    """It was decided or filled at another time."""
    PRICE = 3
    """It was filled at another price at the same time."""
    QUANTITY = 4
    """It was filled for more or less, or refused on one side."""
    FEE = 5
    """Its fills cost something else."""


Shares = dict[Component, int]


class _Open(Struct):
    """What is left of a fill that is being matched."""

    ts: int
    price: int
    quantity: int


def shares(left: Decided | None, right: Decided | None, mark: int, unit: int) -> Shares:
    """The components in which the two differ, each with its money, scaled.

    They add up exactly to `left.gain(mark, unit) − right.gain(mark, unit)`, where a side that is
    None gains 0. Fills of both sides are matched first in, first out: of the quantity that both
    traded the price makes the difference, which is timing where the time differs as well; what
    only one side traded is worth its distance to the mark. A component may be there with no money:
    a fill a day later at the same price is a difference in timing.
    """
    if left is None or right is None or left.wants != right.wants:
        gained = left.gain(mark, unit) if left is not None else 0
        return {Component.SIGNAL: gained - (right.gain(mark, unit) if right is not None else 0)}
    found: Shares = {}
    if left.ts != right.ts:
        found[Component.TIMING] = 0
    if left.filled_quantity != right.filled_quantity or left.reason != right.reason:
        found[Component.QUANTITY] = 0
    if left.fees != right.fees:
        found[Component.FEE] = right.fees - left.fees
    _match_fills(left, right, mark, left.side * unit, found)
    return found


def _match_fills(left: Decided, right: Decided, mark: int, sign: int, found: Shares) -> None:
    """Fills of both sides, first in, first out; what only one side traded is left at the end."""
    ours, theirs = _open(left.fills), _open(right.fills)
    while ours and theirs:
        one, other = ours[0], theirs[0]
        size = min(one.quantity, other.quantity)
        money = sign * size * (other.price - one.price)
        if left.ts != right.ts or one.ts != other.ts:
            _add(found, Component.TIMING, money)
        elif money:
            _add(found, Component.PRICE, money)
        for matched, queue in ((one, ours), (other, theirs)):
            matched.quantity -= size
            if not matched.quantity:
                queue.popleft()
    if ours or theirs:
        _add(found, Component.QUANTITY, sign * (_at(mark, ours) - _at(mark, theirs)))


def _at(mark: int, fills: Iterable[_Open]) -> int:
    return sum(fill.quantity * (mark - fill.price) for fill in fills)


def _open(fills: tuple[Traded, ...]) -> deque[_Open]:
    return deque(_Open(fill.ts, fill.price, fill.quantity) for fill in fills)


def _add(found: Shares, component: Component, money: int) -> None:
    found[component] = found.get(component, 0) + money
