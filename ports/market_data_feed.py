"""Where a strategy run hears the market from, bar by bar."""

from collections.abc import AsyncIterator
from typing import Protocol

from domain.market_data.bar import Bar


class MarketDataFeed(Protocol):
    """One instrument at a time. Times are nanoseconds UTC."""

    def bars(
        self,
        instrument_id: str,
        timeframe: str,
        *,
        start_ts: int | None = None,
        end_ts: int | None = None,
        after_ts: int | None = None,
        bars_per_second: float = 0.0,
    ) -> AsyncIterator[Bar]:
        """Split-adjusted bars with start_ts <= open time < end_ts, behind the one that opens at
        `after_ts`, in order; it ends with the last.

        The listener is the clock: no bar is made before the one before it was answered, that is
        before the next one is asked for. At most `bars_per_second` are given; 0 is no limit.
        Raises `NotFound` INSTRUMENT_NOT_FOUND.
        """
        ...

    async def count(
        self,
        instrument_id: str,
        timeframe: str,
        *,
        start_ts: int | None = None,
        end_ts: int | None = None,
    ) -> int:
        """How many bars `bars` gives from the start on."""
        ...
