"""Streams kept bars in batches, and those that are imported later."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from apps.drain import Drain
from apps.market_data.bar_query import BarQuery
from domain.market_data.columns import BarColumns
from ports.bar_store import BarStore
from ports.event_bus import EventBus


class StreamBars:
    """Tells every bar once, oldest first."""

    def __init__(self, bars: BarStore, bus: EventBus, drain: Drain) -> None:
        self._bars = bars
        self._bus = bus
        self._drain = drain

    def __call__(
        self, query: BarQuery, *, after_ts: int | None, batch: int, follow: bool
    ) -> AsyncGenerator[BarColumns, None]:
        """Batches of the bars that open after `after_ts`; none is empty.

        Ends at the last bar that is kept; with `follow` it waits for later ones, up to the end of
        the query. A bar that is imported behind the stream's place is not told. Raises Unavailable
        (SERVER_DRAINING) when we leave.
        """
        return self._drain.end(self._batches(query, after_ts, batch, follow))

    async def _batches(
        self, query: BarQuery, after_ts: int | None, batch: int, follow: bool
    ) -> AsyncGenerator[BarColumns, None]:
        place = query.start_ts if after_ts is None else after_ts + 1
        while True:
            seq = await self._bus.last_seq()  # before reading: what is imported meanwhile wakes us
            while True:
                columns = await self._bars.read(
                    query.instrument_id,
                    query.timeframe,
                    start_ts=place,
                    end_ts=query.end_ts,
                    limit=batch,
                    adjustment=query.adjustment,
                )
                if len(columns):
                    yield columns
                    place = int(columns.open_ts[-1]) + 1
                if len(columns) < batch:
                    break
            if not follow or await self._is_over(query):
                return
            await self._news(query, seq)

    async def _is_over(self, query: BarQuery) -> bool:
        """Whether a bar is kept from the end of the query on, so that its range is complete."""
        if query.end_ts is None:
            return False
        behind = await self._bars.read(
            query.instrument_id, query.timeframe, start_ts=query.end_ts, limit=1
        )
        return len(behind) > 0

    async def _news(self, query: BarQuery, seq: int) -> None:
        key = f"{query.instrument_id}/{query.timeframe}"
        async with aclosing(self._bus.follow("bars", key, after=seq)) as events:  # type: ignore[type-var]
            async for _ in events:
                return
