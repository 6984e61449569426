"""Returns by the month and by the year."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct


class YearOfReturns(Struct, frozen=True, gc=False):
    """A year: the return of each month, January first, None where there is no mark, and of all."""

    year: int
    months: tuple[float | None, ...]
    total: float


def months_of(ts: Sequence[int], equity: Sequence[float]) -> list[YearOfReturns]:
    """The years of marked equity, oldest first; the first mark is where it begins.

    A month's return is from the last mark before it to its last one, by UTC. What follows a mark
    that is not above zero is left out.
    """
    grid: dict[int, list[float | None]] = {}
    ends: dict[int, float] = {}
    starts: dict[int, float] = {}
    before = last = equity[0] if equity else 0.0
    current: tuple[int, int] | None = None
    for now, value in zip(ts[1:], equity[1:], strict=True):
        if before <= 0 or last <= 0:
            break
        moment = datetime.fromtimestamp(now // 10**9, UTC)
        month = moment.year, moment.month
        if month != current:
            current, before = month, last
            starts.setdefault(moment.year, last)
        grid.setdefault(moment.year, [None] * 12)[moment.month - 1] = value / before - 1
        ends[moment.year] = last = value
    return [
        YearOfReturns(year, tuple(months), ends[year] / starts[year] - 1)
        for year, months in sorted(grid.items())
    ]
