"""Trades as columns."""

import numpy as np
from numpy.typing import NDArray

from domain.market_data.tick_columns import TickColumns, TickKind


class TradeColumns(TickColumns, frozen=True, eq=False):
    """Trades of one instrument, oldest first; the fields are those of `Trade`.

    Making one checks nothing; `check_ticks` does.
    """

    kind = TickKind.TRADES

    price: NDArray[np.float64]
    size: NDArray[np.float64]
