"""Quotes as columns."""

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.errors import invalid


class QuoteColumns(Struct, frozen=True, eq=False):
    """Two-sided quotes of one instrument, oldest first; the fields are those of `Quote`.

    Making one checks nothing; `check_quotes` does.
    """

    ts: NDArray[np.int64]
    bid: NDArray[np.float64]
    ask: NDArray[np.float64]
    bid_size: NDArray[np.float64]
    ask_size: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ts)

    def slice(self, start: int, end: int) -> "QuoteColumns":
        """The quotes from row `start` up to, not including, `end`; no values are copied."""
        return QuoteColumns(*(column[start:end] for column in self.arrays))

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The columns in the order of the fields."""
        return (self.ts, self.bid, self.ask, self.bid_size, self.ask_size)


def check_quotes(quotes: QuoteColumns) -> None:
    """Raises InvalidRequest for times that run back and for what is no number above zero."""
    for name in ("bid", "ask", "bid_size", "ask_size"):
        column = getattr(quotes, name)
        rows = np.flatnonzero(~(np.isfinite(column) & (column > 0)))
        if len(rows):
            raise invalid(name, f"row {rows[0]}: is not above zero", reason="NOT_POSITIVE")
    rows = np.flatnonzero(np.diff(quotes.ts) < 0)
    if len(rows):
        raise invalid("ts", f"row {rows[0] + 1}: is before the row before", reason="UNSORTED_TIME")
