"""Quotes as columns."""

import numpy as np
from numpy.typing import NDArray

from domain.errors import invalid
from domain.market_data.tick_columns import TickColumns, TickKind


class QuoteColumns(TickColumns, frozen=True, eq=False):
    """Quotes of one instrument, oldest first; the fields are those of `Quote`.

    Making one checks nothing; `check_ticks` does, and `check_quotes` what a backtest needs.
    """

    kind = TickKind.QUOTES

    bid: NDArray[np.float64]
    ask: NDArray[np.float64]
    bid_size: NDArray[np.float64]
    ask_size: NDArray[np.float64]


def check_quotes(quotes: QuoteColumns) -> None:
    """Raises InvalidRequest for times that run back and for what is no number above zero: both
    sides must be there.
    """
    for name in ("bid", "ask", "bid_size", "ask_size"):
        column = getattr(quotes, name)
        rows = np.flatnonzero(~(np.isfinite(column) & (column > 0)))
        if len(rows):
            raise invalid(name, f"row {rows[0]}: is not above zero", reason="NOT_POSITIVE")
    rows = np.flatnonzero(np.diff(quotes.ts) < 0)
    if len(rows):
        raise invalid("ts", f"row {rows[0] + 1}: is before the row before", reason="UNSORTED_TIME")
