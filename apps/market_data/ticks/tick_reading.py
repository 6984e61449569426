"""Quotes or trades on their way to a stream."""

import asyncio
from collections.abc import Callable
from typing import Generic

from apps.market_data.stream_series import C, Reading
from apps.market_data.ticks.tick_query import TickQuery
from domain.market_data.ticks import T, TickPlace
from ports.tick_store import TickStore

PIECE = 32_768  # ticks read at once: with those read ahead 6 MB a stream


class TickReading(Reading[C], Generic[T, C]):
    """The ticks of a query behind a place, as `prepare` makes them ready in a thread."""

    topic = "ticks"

    def __init__(
        self,
        ticks: TickStore,
        columns: type[T],
        query: TickQuery,
        place: TickPlace,
        prepare: Callable[[T], C],
    ) -> None:
        self.key = f"{query.instrument_id}/{query.kind}"
        self._ticks = ticks
        self._columns = columns
        self._query = query
        self._place = place
        self._prepare = prepare

    async def next_piece(self) -> C:
        found = await self._ticks.read(
            self._query.instrument_id,
            self._columns,
            start_ts=self._place.ts,
            end_ts=self._query.end_ts,
            skip=self._place.told,
            limit=PIECE,
        )
        if len(found):
            self._place = self._place.behind(found)
        return await asyncio.to_thread(self._prepare, found)

    async def is_over(self) -> bool:
        end_ts = self._query.end_ts
        if end_ts is None:
            return False
        behind = await self._ticks.read(
            self._query.instrument_id, self._columns, start_ts=end_ts, limit=1
        )
        return len(behind) > 0
