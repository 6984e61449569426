"""The lines of a run's log on SQL, inside the transactions of the run store."""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select

from adapters.sql.event_bus import append_events
from adapters.sql.prepared import Prepared, inserting
from adapters.sql.tables.strategies import run_logs
from domain.strategies.run import Run
from domain.strategies.run_log import LONGEST_LINE, MOST_LINES, RunLine, Writer
from ports.clock import Clock
from ports.event_bus import Event

TOPIC = "run_logs"
NO_INPUT = 0  # no input of the strategy: those count from 1

_OF_RUN = (
    run_logs.c.tenant == bindparam("tenant"),
    run_logs.c.run_id == bindparam("run_id"),
)
_LAST = Prepared(select(func.max(run_logs.c.number).label("number")).where(*_OF_RUN))
_OF_INPUT = Prepared(
    select(run_logs.c.number).where(*_OF_RUN, run_logs.c.input_seq == bindparam("input_seq"))
)
_OLD = Prepared(delete(run_logs).where(*_OF_RUN, run_logs.c.number <= bindparam("number")))
_PAGE = Prepared(
    select(run_logs.c.number, run_logs.c.ts, run_logs.c.writer, run_logs.c.text)
    .where(*_OF_RUN, run_logs.c.number > bindparam("after"))
    .order_by(run_logs.c.number)
    .limit(bindparam("most"))
)
_NEW = inserting(run_logs)


class RunLog:
    """Counts the lines of each run, and keeps the newest of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def write(
        self,
        connection: Connection,
        run: Run,
        input_seq: int,
        lines: Iterable[tuple[int, Writer, str]],
    ) -> None:
        """Adds lines, and tells that there are some. Those of an input that has some are there."""
        of_run = {"tenant": run.tenant, "run_id": run.run_id}
        if input_seq and _OF_INPUT.row(connection, **of_run, input_seq=input_seq):
            return
        found = _LAST.row(connection, **of_run)
        last: int = (found.number if found else 0) or 0
        rows = [
            {
                **of_run,
                "number": number,
                "input_seq": input_seq,
                "ts": ts,
                "writer": writer.value,
                "text": text[:LONGEST_LINE],
            }
            for number, (ts, writer, text) in enumerate(lines, last + 1)
        ]
        if not rows:
            return
        _NEW.run(connection, rows)
        last += len(rows)
        if last > MOST_LINES:
            _OLD.run(connection, [of_run | {"number": last - MOST_LINES}])
        self._tell(connection, run, last)

    def read(
        self, connection: Connection, tenant: str, run_id: str, after: int, limit: int
    ) -> Sequence[RunLine]:
        """Lines behind that number, oldest first."""
        rows = _PAGE.rows(connection, tenant=tenant, run_id=run_id, after=after, most=limit)
        return [RunLine(row.number, row.ts, Writer(row.writer), row.text) for row in rows]

    def _tell(self, connection: Connection, run: Run, last: int) -> None:
        event = Event(
            seq=0,
            tenant=run.tenant,
            topic=TOPIC,
            key=run.run_id,
            kind="number",
            payload=msgspec.msgpack.encode(last),
            create_ts=self._clock.now(),
        )
        append_events(connection, [event])
