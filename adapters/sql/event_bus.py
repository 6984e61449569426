"""The event bus over the outbox table: what is committed is told, in the order of the commits."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

from sqlalchemy import Connection, bindparam, func, select

from adapters.sql.database import Database
from adapters.sql.prepared import Prepared, inserting
from adapters.sql.tables.events import events
from ports.event_bus import Event, EventBus
from ports.ownership import HOUSE

BATCH = 1000

_APPEND = inserting(events)
_NEWEST = Prepared(
    select(func.max(events.c.seq).label("seq")).where(
        events.c.topic == bindparam("topic"), events.c.key == bindparam("key")
    )
)


def append_events(connection: Connection, happened: Iterable[Event]) -> None:
    """Puts events into the outbox, in the transaction of the change they tell of."""
    rows = [
        {
            "tenant": event.tenant,
            "topic": event.topic,
            "key": event.key,
            "kind": event.kind,
            "payload": event.payload,
            "create_ts": event.create_ts,
        }
        for event in happened
    ]
    _APPEND.run(connection, rows)


def place_of(connection: Connection, topic: str, key: str) -> int:
    """Up to which seq the events of an object are all there.

    Its own newest: whoever appends to it holds a lock on the object until the commit, so seqs of
    one object are committed in their order. Not the newest of all: others' lower ones may commit
    later.
    """
    row = _NEWEST.row(connection, topic=topic, key=key)
    return row.seq or 0 if row else 0


class SqlEventBus(EventBus):
    """Reads the table, and looks again after each commit of this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._commit = asyncio.Event()
        database.on_commit(self._wake)

    async def read(
        self, topic: str, key: str, *, after: int, limit: int = BATCH
    ) -> Sequence[Event]:
        question = (
            select(events)
            .where(events.c.topic == topic, events.c.key == key, events.c.seq > after)
            .order_by(events.c.seq)
            .limit(limit)
        )
        rows = await self._database.read(
            HOUSE, lambda connection: connection.execute(question).all()
        )
        return [Event(*row) for row in rows]

    async def follow(self, topic: str, key: str, *, after: int) -> AsyncIterator[Event]:
        while True:
            commit = self._commit  # taken before reading: a commit while we read wakes us
            batch = await self.read(topic, key, after=after)
            for event in batch:
                yield event
                after = event.seq
            if not batch:
                await commit.wait()

    async def place_of(self, topic: str, key: str) -> int:
        return await self._database.read(HOUSE, lambda one: place_of(one, topic, key))

    async def last_seq(self) -> int:
        return await self._scalar(func.coalesce(func.max(events.c.seq), 0))

    async def first_seq(self) -> int:
        return await self._scalar(func.coalesce(func.min(events.c.seq), 0))

    async def _scalar(self, expression: object) -> int:
        question = select(expression)  # type: ignore[call-overload]
        return int(await self._database.read(HOUSE, lambda connection: connection.scalar(question)))

    def _wake(self) -> None:
        self._commit.set()
        self._commit = asyncio.Event()
