"""The outbox as a whole: every event of every object, for whoever passes them on."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, select, text

from adapters.sql.database import Database
from adapters.sql.prepared import IN_PROCESS
from adapters.sql.tables.events import events
from ports.event_bus import Event
from ports.ownership import HOUSE

_FIELDS = ", ".join(Event.__struct_fields__)
_WINDOW = text(
    f"SELECT {_FIELDS} FROM events"
    " WHERE xid >= CAST(CAST(:start AS text) AS xid8) AND xid < CAST(CAST(:end AS text) AS xid8)"
    " AND seq > :seq ORDER BY seq LIMIT :most"
)
_HORIZON = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")


class Place(Struct, frozen=True):
    """How far a reader has come.

    It has read everything of transactions before `start`, and of those from there to `end`, which
    have all ended, what has a seq up to `seq`.
    """

    start: int = 0
    end: int = 0
    seq: int = 0


class SqlOutbox:
    """Reads in windows of transactions that have all ended.

    A seq is given before its transaction commits, so to have seen one says nothing of those below
    it. Inside a window events come by seq, which keeps those of one object in their order: the next
    writer of an object begins when the last one has ended.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, after: Place, limit: int = 1000) -> tuple[Sequence[Event], Place]:
        """Events behind the place, and the place behind them; none where there are none yet."""

        def query(connection: Connection) -> tuple[Sequence[Event], Place]:
            if connection.dialect.name == IN_PROCESS:
                return _behind(connection, after, limit)
            found, place = _in_window(connection, after, limit)
            if found:
                return found, place
            horizon = int(connection.execute(_HORIZON).scalar_one())
            return _in_window(connection, Place(after.end, horizon), limit)

        return await self._database.read(HOUSE, query)


def _behind(connection: Connection, after: Place, limit: int) -> tuple[Sequence[Event], Place]:
    question = select(events).where(events.c.seq > after.seq).order_by(events.c.seq).limit(limit)
    found = [Event(*row) for row in connection.execute(question)]
    return found, Place(seq=found[-1].seq) if found else after


def _in_window(connection: Connection, window: Place, limit: int) -> tuple[Sequence[Event], Place]:
    named = {"start": str(window.start), "end": str(window.end), "seq": window.seq, "most": limit}
    found = [Event(*row) for row in connection.execute(_WINDOW, named)]
    return found, Place(window.start, window.end, found[-1].seq if found else window.seq)
