"""The inbox: an event has its effect on a consumer once, however often it is delivered."""

from collections.abc import Callable

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.database import Database
from adapters.sql.outbox import Place
from adapters.sql.prepared import IN_PROCESS
from adapters.sql.tables.events import consumers, inbox
from ports.clock import Clock
from ports.event_bus import Event
from ports.ownership import HOUSE


class SqlInbox:
    """What one consumer has had of the events."""

    def __init__(self, database: Database, clock: Clock, consumer: str) -> None:
        self._database = database
        self._clock = clock
        self._consumer = consumer

    async def consume(
        self, event: Event, effect: Callable[[Connection], None], *, place: Place | None = None
    ) -> bool:
        """Has the effect, unless it was had before: False then.

        The effect, the note that it was had and, where one is given, the consumer's place are one
        transaction: all of it is kept, or nothing.
        """

        def transaction(connection: Connection) -> bool:
            is_new = self._note(connection, event)
            if is_new:
                effect(connection)
            if place is not None:
                self._keep(connection, place)
            return is_new

        return await self._database.write(HOUSE, transaction)

    async def place(self) -> Place:
        """Where it goes on."""
        question = select(*(consumers.c[name] for name in Place.__struct_fields__)).where(
            consumers.c.consumer == self._consumer
        )
        row = await self._database.read(HOUSE, lambda one: one.execute(question).first())
        return Place(*row) if row else Place()

    def _note(self, connection: Connection, event: Event) -> bool:
        row = {
            "consumer": self._consumer,
            "event_id": str(event.seq),
            "create_ts": self._clock.now(),
        }
        kind = sqlite if connection.dialect.name == IN_PROCESS else postgresql
        return (
            connection.execute(kind.insert(inbox).values(row).on_conflict_do_nothing()).rowcount
            == 1
        )

    def _keep(self, connection: Connection, place: Place) -> None:
        values = {name: getattr(place, name) for name in Place.__struct_fields__}
        mine = consumers.c.consumer == self._consumer
        if not connection.execute(update(consumers).where(mine).values(values)).rowcount:
            connection.execute(insert(consumers).values(consumer=self._consumer, **values))
