"""Trades as columns."""

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray


class TradeColumns(Struct, frozen=True, eq=False):
    """Trades of one instrument, oldest first; the fields are those of `Trade`.

    Making one checks nothing; `check_ticks` does.
    """

    ts: NDArray[np.int64]
    price: NDArray[np.float64]
    size: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ts)

    def slice(self, start: int, end: int) -> "TradeColumns":
        """The trades from row `start` up to, not including, `end`; no values are copied."""
        return TradeColumns(*(column[start:end] for column in self.arrays))

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The columns in the order of the fields."""
        return (self.ts, self.price, self.size)
