"""Rows of a file that are quotes or trades."""

import numpy as np

from domain.market_data.files.checked_rows import GoodRows, RowChecker, RowTerms
from domain.market_data.files.contents import COLUMNS
from domain.market_data.files.raw_rows import Faults, Floats, RawRows
from domain.market_data.files.row_order import RowOrder
from domain.market_data.imports import Content
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.trade_columns import TradeColumns

LARGEST_SCALED = 2.0**51  # up to here a float holds every decimal of a price
LARGEST_SIZE = 1e15


class TickRows(RowChecker):
    """Time never runs back from one good row to the next; it may stand still.

    A trade has a price above zero. One side of a quote may be missing, blank or 0, but not both.
    Prices come out as the floats nearest their decimals. Equal rows are all kept: the same may
    happen twice.
    """

    def __init__(self, terms: RowTerms) -> None:
        self._content = terms.content
        self._columns = QuoteColumns if terms.content is Content.QUOTES else TradeColumns
        self._scale = float(terms.instrument.price_factor)
        self._order = RowOrder(0)

    @np.errstate(over="ignore")  # a price that overflows is out of range, no more
    def take(self, rows: RawRows) -> GoodRows:
        times, no_times = rows.times()
        faults, values = Faults(rows), Faults(rows)
        faults.mark_times(no_times)
        if self._content is Content.QUOTES:
            numbers = self._quotes(rows, values)
        else:
            numbers = self._trades(rows, values)
        self._order.check(rows, times, faults, values.at_fault, says_the_same=lambda *_: False)
        faults.add(values)
        good = ~faults.at_fault
        return GoodRows(
            columns=self._columns(times[good], *(column[good] for column in numbers)),
            lines=rows.lines[good],
            lost=np.zeros(int(good.sum()), np.int64),
            refused=faults.refused(),
            duplicates=[],
        )

    def _trades(self, rows: RawRows, faults: Faults) -> list[Floats]:
        price, size = (self._readable(rows, name, faults) for name in ("price", "size"))
        price = self._price(price, "price", faults)
        faults.mark_all(price == 0, "price", "NOT_POSITIVE")
        self._check_size(size, "size", faults)
        return [price, size]

    def _quotes(self, rows: RawRows, faults: Faults) -> list[Floats]:
        names = COLUMNS[Content.QUOTES].numbers
        bid, ask, bid_size, ask_size = (_blank_as_zero(rows, name, faults) for name in names)
        bid, ask = self._price(bid, "bid", faults), self._price(ask, "ask", faults)
        faults.mark_all((bid == 0) & (ask == 0), "bid", "MISSING_VALUE")
        self._check_size(bid_size, "bid_size", faults)
        self._check_size(ask_size, "ask_size", faults)
        return [bid, ask, bid_size, ask_size]

    def _readable(self, rows: RawRows, name: str, faults: Faults) -> Floats:
        column = rows.numbers(name)
        faults.mark_unreadable(~np.isfinite(column), name)
        return column

    def _price(self, column: Floats, name: str, faults: Faults) -> Floats:
        price: Floats = np.rint(column * self._scale) / self._scale
        faults.mark_all(price < 0, name, "NOT_POSITIVE")
        faults.mark_all(price * self._scale > LARGEST_SCALED, name, "OUTSIDE_RANGE")
        return price

    def _check_size(self, column: Floats, name: str, faults: Faults) -> None:
        faults.mark_all((column < 0) | (column > LARGEST_SIZE), name, "OUTSIDE_RANGE")


def _blank_as_zero(rows: RawRows, name: str, faults: Faults) -> Floats:
    column = rows.numbers(name)
    for row in np.flatnonzero(~np.isfinite(column)).tolist():
        if rows.is_blank(name, row):
            column[row] = 0.0
        else:
            faults.mark(row, name, "NOT_A_NUMBER")
    return column
