"""Strategy runs on SQL, and everything each of them was told."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from adapters.sql.database import Database
from adapters.sql.event_bus import append_events
from adapters.sql.fence import Fence
from adapters.sql.locks import hold
from adapters.sql.prepared import Prepared, inserting, updating
from adapters.sql.request_log import keep_answer, kept_answer
from adapters.sql.run_log import NO_INPUT, RunLog
from adapters.sql.tables.strategies import archived_strategies, run_commands, run_inputs, runs
from domain.errors import NotAllowedNow, NotFound
from domain.orders.closing import Closed
from domain.strategies.commands import Asked, Command
from domain.strategies.library import archived
from domain.strategies.run import Run
from domain.strategies.run_log import (
    RunLine,
    Writer,
    kept_lines,
    words_about,
    words_about_flattening,
)
from ports.clock import Clock
from ports.event_bus import Event
from ports.ownership import HOUSE
from ports.request_log import RequestKey
from ports.run_store import Answer, RunInput, RunStore

T = TypeVar("T")

_RUN = msgspec.msgpack.Decoder(Run)
_INPUT = msgspec.msgpack.Decoder(RunInput)
_ASKED = msgspec.msgpack.Decoder(Asked)
_ANSWER = msgspec.msgpack.Decoder(Answer)
_CLOSED = msgspec.msgpack.Decoder(Closed)

_ONE_RUN = Prepared(
    select(runs.c.body).where(
        runs.c.tenant == bindparam("tenant"), runs.c.run_id == bindparam("run_id")
    )
)
_THE_RUN = Prepared(
    select(runs.c.body)
    .where(runs.c.tenant == bindparam("tenant"), runs.c.run_id == bindparam("run_id"))
    .with_for_update()
)
_CHANGED_RUN = updating(runs, "run_id")
_NEW_INPUT = inserting(run_inputs)


class SqlRunStore(RunStore):
    """A run is one row with its body packed; the columns beside it are what is searched.

    Behind a fence only the holder of the lease writes: the process that runs them.
    """

    def __init__(self, database: Database, clock: Clock, *, fence: Fence | None = None) -> None:
        self._database = database
        self._clock = clock
        self._log = RunLog(clock)
        self._fence = fence

    async def answered(self, request: RequestKey) -> Run | None:
        answer = await self._database.read(
            request.tenant, lambda connection: kept_answer(connection, request)
        )
        return None if answer is None else _RUN.decode(answer)

    async def start(
        self, run: Run, *, request: RequestKey | None = None, rehearse: bool = False
    ) -> Run:
        if rehearse:
            request = None

        def transaction(connection: Connection) -> Run:
            if request and (answer := kept_answer(connection, request)):
                return _RUN.decode(answer)
            hold(connection, "strategy", run.tenant, run.strategy_id)
            _refuse_archived(connection, run)
            try:
                connection.execute(insert(runs).values(**_values(run)))
            except IntegrityError as error:
                raise _busy(run.account_id) from error
            self._tell(connection, run)
            self._note(connection, None, run)
            if request:
                self._answer(connection, request, run)
            return run

        return await self._write(run.tenant, transaction, rehearse=rehearse)

    async def get(self, tenant: str, run_id: str) -> Run:
        return await self._database.read(
            tenant, lambda connection: _get(connection, tenant, run_id)
        )

    async def page(
        self, tenant: str, *, active_only: bool, after: str, limit: int
    ) -> Sequence[Run]:
        question = (
            select(runs.c.body)
            .where(runs.c.tenant == tenant)
            .order_by(runs.c.seq.desc())
            .limit(limit)
        )
        if active_only:
            question = question.where(runs.c.active)
        if after:
            place = select(runs.c.seq).where(runs.c.tenant == tenant, runs.c.run_id == after)
            question = question.where(runs.c.seq < place.scalar_subquery())
        rows = await self._database.read(
            tenant, lambda connection: connection.execute(question).all()
        )
        return [_RUN.decode(row.body) for row in rows]

    async def active(self) -> Sequence[Run]:
        question = select(runs.c.body).where(runs.c.active).order_by(runs.c.seq)
        rows = await self._database.read(
            HOUSE, lambda connection: connection.execute(question).all()
        )
        return [_RUN.decode(row.body) for row in rows]

    async def change(
        self,
        tenant: str,
        run_id: str,
        change: Callable[[Run], Run],
        *,
        request: RequestKey | None = None,
        rehearse: bool = False,
    ) -> Run:
        if rehearse:
            request = None

        def transaction(connection: Connection) -> Run:
            if request and (answer := kept_answer(connection, request)):
                return _RUN.decode(answer)
            before = _take(connection, tenant, run_id)
            after = change(before)
            if after != before:
                _save(connection, after)
                self._tell(connection, after)
                self._note(connection, before, after)
            if request:
                self._answer(connection, request, after)
            return after

        return await self._write(tenant, transaction, rehearse=rehearse)

    async def ask(
        self,
        tenant: str,
        run_id: str,
        change: Callable[[Run], Run],
        command: Command,
        *,
        request: RequestKey | None = None,
        rehearse: bool = False,
    ) -> Answer:
        if rehearse:
            request = None

        def transaction(connection: Connection) -> Answer:
            if request and (answer := kept_answer(connection, request)):
                return _ANSWER.decode(answer)
            before = _take(connection, tenant, run_id)
            run = change(before)
            row = {"tenant": tenant, "run_id": run_id, "number": run.asked_count}
            asked = msgspec.msgpack.encode(Asked(run.asked_count, command))
            connection.execute(insert(run_commands).values(**row, asked=asked))
            _save(connection, run)
            self._tell(connection, run)
            self._note(connection, before, run)
            given = Answer(run, run.asked_count)
            if request:
                kept = msgspec.msgpack.encode(given)
                keep_answer(connection, request, kept, ts=self._clock.now())
            return given

        return await self._write(tenant, transaction, rehearse=rehearse)

    async def unheard(self, tenant: str, run_id: str) -> Sequence[Asked]:
        def query(connection: Connection) -> Sequence[Asked]:
            run = _get(connection, tenant, run_id)
            question = (
                select(run_commands.c.asked)
                .where(*_commands_of(tenant, run_id), run_commands.c.number > run.heard_count)
                .order_by(run_commands.c.number)
            )
            return [_ASKED.decode(row.asked) for row in connection.execute(question)]

        return await self._database.read(tenant, query)

    async def carried_out(self, tenant: str, run_id: str, number: int, done: Closed) -> None:
        the_one = (*_commands_of(tenant, run_id), run_commands.c.number == number)

        def transaction(connection: Connection) -> None:
            run = _take(connection, tenant, run_id)
            first = update(run_commands).where(*the_one, run_commands.c.outcome.is_(None))
            changed = connection.execute(first.values(outcome=msgspec.msgpack.encode(done)))
            if changed.rowcount:
                line = (run.market_ts, Writer.HOST, words_about_flattening(done))
                self._log.write(connection, run, NO_INPUT, [line])
                self._tell(connection, run)

        await self._write(tenant, transaction)

    async def outcome(self, tenant: str, run_id: str, number: int) -> Closed | None:
        the_one = (*_commands_of(tenant, run_id), run_commands.c.number == number)
        question = select(run_commands.c.outcome).where(*the_one)

        def query(connection: Connection) -> Closed | None:
            _get(connection, tenant, run_id)
            outcome = connection.scalar(question)
            return None if outcome is None else _CLOSED.decode(outcome)

        return await self._database.read(tenant, query)

    async def record(self, tenant: str, run_id: str, told: RunInput, *, tell: bool) -> Run:
        def transaction(connection: Connection) -> Run:
            run = _take(connection, tenant, run_id)
            _NEW_INPUT.run(connection, [_input_row(tenant, run_id, told)])
            if told.asked is not None:
                run = run.obeyed(told.asked.number)
                _save(connection, run)
            if told.bar is not None:
                run = run.heard(told.bar.ts)
                _save(connection, run)
                if tell:
                    self._tell(connection, run)
            return run

        return await self._write(tenant, transaction)

    async def log(
        self, tenant: str, run_id: str, seq: int, lines: Sequence[tuple[int, str]]
    ) -> None:
        def transaction(connection: Connection) -> None:
            run = _take(connection, tenant, run_id)
            self._log.write(connection, run, seq, kept_lines(lines))

        await self._write(tenant, transaction)

    async def logs(self, tenant: str, run_id: str, *, after: int, limit: int) -> Sequence[RunLine]:
        def query(connection: Connection) -> Sequence[RunLine]:
            _get(connection, tenant, run_id)
            return self._log.read(connection, tenant, run_id, after, limit)

        return await self._database.read(tenant, query)

    async def inputs(
        self, tenant: str, run_id: str, *, after: int, limit: int
    ) -> Sequence[RunInput]:
        question = (
            select(run_inputs.c.payload)
            .where(
                run_inputs.c.tenant == tenant,
                run_inputs.c.run_id == run_id,
                run_inputs.c.seq > after,
            )
            .order_by(run_inputs.c.seq)
            .limit(limit)
        )
        rows = await self._database.read(
            tenant, lambda connection: connection.execute(question).all()
        )
        return [_input(row) for row in rows]

    async def _write(
        self, tenant: str, transaction: Callable[[Connection], T], *, rehearse: bool = False
    ) -> T:
        def fenced(connection: Connection) -> T:
            if self._fence is not None:
                self._fence.check(connection)
            return transaction(connection)

        run = self._database.rehearse if rehearse else self._database.write
        return await run(tenant, fenced)

    def _note(self, connection: Connection, before: Run | None, after: Run) -> None:
        if words := words_about(before, after):
            self._log.write(connection, after, NO_INPUT, [(after.market_ts, Writer.HOST, words)])

    def _tell(self, connection: Connection, run: Run) -> None:
        event = Event(
            seq=0,
            tenant=run.tenant,
            topic="runs",
            key=run.run_id,
            kind="run",
            payload=msgspec.msgpack.encode(run),
            create_ts=self._clock.now(),
        )
        append_events(connection, [event])

    def _answer(self, connection: Connection, request: RequestKey, run: Run) -> None:
        keep_answer(connection, request, msgspec.msgpack.encode(run), ts=self._clock.now())


def _get(connection: Connection, tenant: str, run_id: str) -> Run:
    return _found(_ONE_RUN, connection, tenant, run_id)


def _take(connection: Connection, tenant: str, run_id: str) -> Run:
    """The run, which nobody else changes until this transaction ends."""
    return _found(_THE_RUN, connection, tenant, run_id)


def _found(question: Prepared, connection: Connection, tenant: str, run_id: str) -> Run:
    row = question.row(connection, tenant=tenant, run_id=run_id)
    if row is None:
        raise NotFound(f"no run {run_id}", reason="RUN_NOT_FOUND", run_id=run_id)
    return _RUN.decode(row.body)


def _refuse_archived(connection: Connection, run: Run) -> None:
    """Raises NotAllowedNow (`STRATEGY_ARCHIVED`)."""
    question = select(archived_strategies.c.archive_ts).where(
        archived_strategies.c.tenant == run.tenant,
        archived_strategies.c.strategy_id == run.strategy_id,
    )
    if connection.scalar(question) is not None:
        raise archived(run.strategy_id)


def _save(connection: Connection, run: Run) -> None:
    _CHANGED_RUN.run(connection, [_values(run)])


def _commands_of(tenant: str, run_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return run_commands.c.tenant == tenant, run_commands.c.run_id == run_id


def _input_row(tenant: str, run_id: str, told: RunInput) -> dict[str, object]:
    return {
        "tenant": tenant,
        "run_id": run_id,
        "seq": told.seq,
        "ts": told.ts,
        "version": told.version,
        "payload": msgspec.msgpack.encode(told),
    }


def _values(run: Run) -> dict[str, object]:
    return {
        "tenant": run.tenant,
        "run_id": run.run_id,
        "account_id": run.account_id,
        "active": run.is_active,
        "body": msgspec.msgpack.encode(run),
    }


def _input(row: Row[Any]) -> RunInput:
    return _INPUT.decode(row.payload)


def _busy(account_id: str) -> NotAllowedNow:
    return NotAllowedNow(
        f"another run replays in account {account_id}",
        reason="ACCOUNT_BUSY",
        account_id=account_id,
    )
