"""The feed of a replay: bars from the store, at the pace of whoever listens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from domain.instruments import NANOSECONDS
from domain.market_data.bar import Bar
from ports.bar_store import BarStore
from ports.clock import Clock
from ports.market_data_feed import MarketDataFeed

CHUNK = 1024

Sleep = Callable[[float], Awaitable[None]]


class ReplayFeed(MarketDataFeed):
    """Reads ahead in chunks; a bar that is imported behind the last chunk is heard too."""

    def __init__(self, bars: BarStore, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self._bars = bars
        self._clock = clock
        self._sleep = sleep

    async def bars(
        self,
        instrument_id: str,
        timeframe: str,
        *,
        start_ts: int | None = None,
        end_ts: int | None = None,
        after_ts: int | None = None,
        bars_per_second: float = 0.0,
    ) -> AsyncIterator[Bar]:
        pace = Pace(bars_per_second, self._clock, self._sleep)
        if after_ts is not None:
            start_ts = max(after_ts + 1, start_ts or after_ts + 1)
        while True:
            chunk = await self._bars.read(
                instrument_id, timeframe, start_ts=start_ts, end_ts=end_ts, limit=CHUNK
            )
            for bar in chunk.bars(instrument_id):
                await pace.wait()
                yield bar
            if len(chunk) < CHUNK:
                return
            start_ts = int(chunk.open_ts[-1]) + 1

    async def count(
        self,
        instrument_id: str,
        timeframe: str,
        *,
        start_ts: int | None = None,
        end_ts: int | None = None,
    ) -> int:
        return await self._bars.count(instrument_id, timeframe, start_ts=start_ts, end_ts=end_ts)


class Pace:
    """Lets so many pass a second, the first at once. 0 is no limit."""

    def __init__(self, per_second: float, clock: Clock, sleep: Sleep) -> None:
        self._interval = int(NANOSECONDS / per_second) if per_second else 0
        self._clock = clock
        self._sleep = sleep
        self._due: int | None = None

    async def wait(self) -> None:
        """Returns when the next one may pass; time spent elsewhere meanwhile counts."""
        if not self._interval:
            return
        now = self._clock.now()
        early = 0 if self._due is None else self._due - now
        if 0 < early <= self._interval:  # else late, or the clock was set back
            await self._sleep(early / NANOSECONDS)
            now += early
        self._due = now + self._interval
