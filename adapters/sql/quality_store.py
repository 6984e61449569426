"""The last look at each series of bars, a row each."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, delete, insert, select

from adapters.sql.database import Database
from adapters.sql.locks import hold
from adapters.sql.request_log import keep_answer, kept_answer
from adapters.sql.tables.market_data import bar_quality
from domain.market_data.quality.finding import Quality
from ports.clock import Clock
from ports.ownership import HOUSE
from ports.quality_store import QualityStore
from ports.request_log import RequestKey


class SqlQualityStore(QualityStore):
    """Keeps each look whole, as JSON."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(
        self,
        instrument_id: str,
        timeframe: str,
        quality: Quality | None,
        *,
        request: RequestKey | None = None,
        answer: bytes = b"",
    ) -> bytes:
        same = {"instrument_id": instrument_id, "timeframe": timeframe}
        now = self._clock.now()

        def transaction(connection: Connection) -> bytes:
            if request is not None:
                first = kept_answer(connection, request)
                if first is not None:
                    return first
                keep_answer(connection, request, answer, ts=now)
            hold(connection, "quality", instrument_id, timeframe)
            connection.execute(delete(bar_quality).filter_by(**same))
            if quality is not None:
                body = msgspec.json.encode(quality).decode()
                connection.execute(insert(bar_quality).values(**same, body=body))
            return answer

        return await self._database.write(request.tenant if request else HOUSE, transaction)

    async def answered(self, request: RequestKey) -> bytes | None:
        return await self._database.read(request.tenant, lambda db: kept_answer(db, request))

    async def all(self) -> Mapping[tuple[str, str], Quality]:
        rows = await self._database.read(HOUSE, lambda db: db.execute(select(bar_quality)).all())
        return {
            (row.instrument_id, row.timeframe): msgspec.json.decode(row.body, type=Quality)
            for row in rows
        }
