"""Bars on their way to a stream."""

from apps.market_data.bar_query import BarQuery
from apps.market_data.stream_series import Reading
from domain.market_data.columns import BarColumns
from ports.bar_store import BarStore

PIECE = 16_384  # bars read at once


class BarReading(Reading[BarColumns]):
    """The bars of a query, those that open after `after_ts`."""

    topic = "bars"

    def __init__(self, bars: BarStore, query: BarQuery, after_ts: int | None) -> None:
        self.key = f"{query.instrument_id}/{query.timeframe}"
        self._bars = bars
        self._query = query
        self._place = query.start_ts if after_ts is None else after_ts + 1

    async def next_piece(self) -> BarColumns:
        query = self._query
        found = await self._bars.read(
            query.instrument_id,
            query.timeframe,
            start_ts=self._place,
            end_ts=query.end_ts,
            limit=PIECE,
            adjustment=query.adjustment,
        )
        if len(found):
            self._place = int(found.open_ts[-1]) + 1
        return found

    async def is_over(self) -> bool:
        query = self._query
        if query.end_ts is None:
            return False
        behind = await self._bars.read(
            query.instrument_id, query.timeframe, start_ts=query.end_ts, limit=1
        )
        return len(behind) > 0
