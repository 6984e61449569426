"""Equity as marked at the end of each exchange day."""

import numpy as np
from numpy.typing import NDArray

from domain.instruments import Instrument


def day_ends(ts: NDArray[np.int64], instrument: Instrument) -> NDArray[np.intp]:
    """The row of the last bar of each exchange day that has one.

    A day lasts from one session close to the next, so bars after the close count for the next
    day; for a market that never sleeps it is the day of its time zone.
    """
    rows: list[int] = []
    start = 0
    while start < len(ts):
        close = instrument.session_close_after(int(ts[start]) - 1)
        start = int(np.searchsorted(ts, close, "right"))
        rows.append(start - 1)
    return np.array(rows, np.intp)


def periods_a_year(instrument: Instrument) -> int:
    """How many days a year have a mark: 365 where sessions have no pause, else 252."""
    return 365 if instrument.session_open == instrument.session_close else 252
