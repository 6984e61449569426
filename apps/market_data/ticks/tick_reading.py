"""Quotes or trades on their way to a stream."""

from typing import Generic

from apps.market_data.stream_series import Reading
from apps.market_data.ticks.tick_query import TickQuery
from domain.market_data.ticks import T, TickPlace
from ports.tick_store import TickStore

PIECE = 65_536  # ticks read at once


class TickReading(Reading[T], Generic[T]):
    """The ticks of a query behind a place."""

    topic = "ticks"

    def __init__(
        self, ticks: TickStore, columns: type[T], query: TickQuery, place: TickPlace
    ) -> None:
        self.key = f"{query.instrument_id}/{query.kind}"
        self._ticks = ticks
        self._columns = columns
        self._query = query
        self._place = place

    async def next_piece(self) -> T:
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
        return found

    async def is_over(self) -> bool:
        end_ts = self._query.end_ts
        if end_ts is None:
            return False
        behind = await self._ticks.read(
            self._query.instrument_id, self._columns, start_ts=end_ts, limit=1
        )
        return len(behind) > 0
