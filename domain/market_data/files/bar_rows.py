"""Rows of a file that are bars."""

from collections.abc import Sequence

import numpy as np

from domain.market_data.columns import BarColumns
from domain.market_data.files.checked_rows import GoodRows, RowChecker, RowTerms, lost_before
from domain.market_data.files.contents import COLUMNS, PRICES
from domain.market_data.files.raw_rows import Faults, Floats, Ints, RawRows
from domain.market_data.files.row_order import RowOrder
from domain.market_data.imports import Content
from domain.market_data.quality.finding import Finding, FindingKind
from domain.market_data.timeframe import DAILY, span_of

LARGEST_SCALED = 2.0**51  # up to here a float holds every decimal of a price
LARGEST_VOLUME = 1e15
# A row refused for one of these stands where another bar is, not where one is missing.
_NO_PLACE = ("DUPLICATE_TIME", "OVERLAPPING_TIME")


class BarRows(RowChecker):
    """Times rise from row to row, by the timeframe at least; RowOrder says how they are held.

    A row that says again what the good row before said is a duplicate; one of the same time that
    says something else is refused. Its faults are looked for in this order: its time, a value that
    cannot be read, a value that no bar can have. Prices come out as the floats nearest their
    decimals.
    """

    def __init__(self, terms: RowTerms) -> None:
        self._instrument = terms.instrument
        self._daily = terms.timeframe == DAILY
        self._span = span_of(terms.timeframe)
        self._scale = float(terms.instrument.price_factor)
        self._order = RowOrder(1 if self._daily else self._span)
        self._last_values: tuple[float, ...] = ()
        self._lost = 0

    @np.errstate(over="ignore")  # a price that overflows is out of range, no more
    def take(self, rows: RawRows) -> GoodRows:
        opens, no_times = rows.times()
        faults, values = Faults(rows), Faults(rows)
        faults.mark_times(no_times)
        numbers = self._numbers(rows, values)

        def says_the_same(row: int, good: int) -> bool:
            last = self._last_values if good < 0 else _values(numbers, good)
            return _values(numbers, row) == last

        doubles = self._order.check(
            rows, opens, faults, values.at_fault, says_the_same=says_the_same
        )
        faults.add(values)
        good = ~faults.at_fault
        good[doubles] = False
        columns = [column[good] for column in numbers]
        if good.any():
            self._last_values = _values(columns, -1)
        lines, refused = rows.lines, faults.refused()
        lost = np.zeros(len(lines), np.int64)
        lost[faults.rows_but_for(_NO_PLACE)] = 1
        between, after = lost_before(good, lost)
        between[:1] += self._lost
        self._lost = after + (0 if len(between) else self._lost)
        kept = opens[good]
        return GoodRows(
            columns=BarColumns(self._closes(kept), kept, *columns),
            lines=lines[good],
            lost=between,
            refused=refused,
            duplicates=[
                Finding(FindingKind.DUPLICATE, int(opens[row]), line=int(lines[row]))
                for row in doubles
            ],
        )

    def _numbers(self, rows: RawRows, faults: Faults) -> list[Floats]:
        names = COLUMNS[Content.BARS].numbers
        columns = [rows.numbers(name) for name in names]
        for name, column in zip(names, columns, strict=True):
            faults.mark_unreadable(~np.isfinite(column), name)
        *prices, volume = columns
        scale = self._scale
        prices = [np.rint(price * scale) / scale for price in prices]
        for name, price in zip(PRICES, prices, strict=True):
            faults.mark_all(price <= 0, name, "NOT_POSITIVE")
            faults.mark_all(price * scale > LARGEST_SCALED, name, "OUTSIDE_RANGE")
        faults.mark_all((volume < 0) | (volume > LARGEST_VOLUME), "volume", "OUTSIDE_RANGE")
        first, high, low, last = prices
        faults.mark_all(high < low, "high", "HIGH_BELOW_LOW")
        faults.mark_all((first < low) | (first > high), "open", "OUTSIDE_RANGE")
        faults.mark_all((last < low) | (last > high), "close", "OUTSIDE_RANGE")
        return [*prices, volume]

    def _closes(self, opens: Ints) -> Ints:
        if not self._daily:
            return opens + self._span
        close_after = self._instrument.session_close_after
        return np.array([close_after(ts) for ts in opens.tolist()], np.int64)


def _values(numbers: Sequence[Floats], row: int) -> tuple[float, ...]:
    return tuple(float(column[row]) for column in numbers)
