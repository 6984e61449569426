"""Old rows of the outbox, the inbox and the log of requests go, a few at a time."""

from sqlalchemy import Column, Connection, Table, delete, func, select, tuple_

from adapters.sql.database import Database
from adapters.sql.tables.events import events, inbox, requests
from ports.ownership import HOUSE
from ports.retention import Retention


class SqlRetention(Retention):
    """A transaction a piece."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget_events(self, before_ts: int, *, limit: int) -> int:
        newest = select(func.max(events.c.seq)).scalar_subquery()
        old = select(events.c.seq).where(events.c.create_ts < before_ts, events.c.seq < newest)

        def forget(connection: Connection) -> int:
            told = delete(events).where(events.c.seq.in_(old.order_by(events.c.seq).limit(limit)))
            gone = connection.execute(told).rowcount
            return gone + _forget(connection, inbox, before_ts, limit)

        return await self._database.write(HOUSE, forget)

    async def forget_requests(self, before_ts: int, *, limit: int) -> int:
        return await self._database.write(
            HOUSE, lambda connection: _forget(connection, requests, before_ts, limit)
        )


def _forget(connection: Connection, table: Table, before_ts: int, limit: int) -> int:
    key: list[Column[object]] = list(table.primary_key.columns)
    age = table.c.create_ts
    old = select(*key).where(age < before_ts).order_by(age).limit(limit)
    return connection.execute(delete(table).where(tuple_(*key).in_(old))).rowcount
