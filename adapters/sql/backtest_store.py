"""Backtests on SQL."""

from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Connection, insert, select, update

from adapters.sql.database import Database
from adapters.sql.event_bus import append_events
from adapters.sql.request_log import keep_answer, kept_answer
from adapters.sql.tables.backtests import backtests
from domain.backtests.record import Backtest
from domain.errors import NotFound
from ports.backtest_store import BacktestStore
from ports.clock import Clock
from ports.event_bus import Event
from ports.request_log import RequestKey

_BACKTEST = msgspec.msgpack.Decoder(Backtest)


class SqlBacktestStore(BacktestStore):
    """A backtest is one row with its body packed; the columns beside it are what is searched."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def answered(self, request: RequestKey) -> Backtest | None:
        answer = await self._database.read(lambda connection: kept_answer(connection, request))
        return None if answer is None else _BACKTEST.decode(answer)

    async def create(self, backtest: Backtest, *, request: RequestKey | None = None) -> Backtest:
        def transaction(connection: Connection) -> Backtest:
            if request and (answer := kept_answer(connection, request)):
                return _BACKTEST.decode(answer)
            connection.execute(insert(backtests).values(**_values(backtest)))
            self._tell(connection, backtest)
            self._answer(connection, request, backtest)
            return backtest

        return await self._database.write(transaction)

    async def get(self, tenant: str, backtest_id: str) -> Backtest:
        return await self._database.read(lambda connection: _get(connection, tenant, backtest_id))

    async def page(self, tenant: str, *, after: str, limit: int) -> Sequence[Backtest]:
        question = (
            select(backtests.c.body)
            .where(backtests.c.tenant == tenant)
            .order_by(backtests.c.seq.desc())
            .limit(limit)
        )
        if after:
            place = select(backtests.c.seq).where(
                backtests.c.tenant == tenant, backtests.c.backtest_id == after
            )
            question = question.where(backtests.c.seq < place.scalar_subquery())
        rows = await self._database.read(lambda connection: connection.execute(question).all())
        return [_BACKTEST.decode(row.body) for row in rows]

    async def to_do(self) -> Sequence[Backtest]:
        question = select(backtests.c.body).where(backtests.c.active).order_by(backtests.c.seq)
        rows = await self._database.read(lambda connection: connection.execute(question).all())
        return [_BACKTEST.decode(row.body) for row in rows]

    async def change(
        self,
        tenant: str,
        backtest_id: str,
        change: Callable[[Backtest], Backtest],
        *,
        request: RequestKey | None = None,
    ) -> Backtest:
        def transaction(connection: Connection) -> Backtest:
            if request and (answer := kept_answer(connection, request)):
                return _BACKTEST.decode(answer)
            before = _get(connection, tenant, backtest_id)
            after = change(before)
            if after != before:
                connection.execute(
                    update(backtests)
                    .where(backtests.c.backtest_id == backtest_id)
                    .values(**_values(after))
                )
                self._tell(connection, after)
            self._answer(connection, request, after)
            return after

        return await self._database.write(transaction)

    def _tell(self, connection: Connection, backtest: Backtest) -> None:
        event = Event(
            seq=0,
            tenant=backtest.tenant,
            topic="backtests",
            key=backtest.backtest_id,
            kind="backtest",
            payload=msgspec.msgpack.encode(backtest),
            create_ts=self._clock.now(),
        )
        append_events(connection, [event])

    def _answer(
        self, connection: Connection, request: RequestKey | None, backtest: Backtest
    ) -> None:
        if request:
            answer = msgspec.msgpack.encode(backtest)
            keep_answer(connection, request, answer, ts=self._clock.now())


def _get(connection: Connection, tenant: str, backtest_id: str) -> Backtest:
    body = connection.scalar(
        select(backtests.c.body).where(
            backtests.c.tenant == tenant, backtests.c.backtest_id == backtest_id
        )
    )
    if body is None:
        raise NotFound(
            f"no backtest {backtest_id}", reason="BACKTEST_NOT_FOUND", backtest_id=backtest_id
        )
    return _BACKTEST.decode(body)


def _values(backtest: Backtest) -> dict[str, object]:
    return {
        "tenant": backtest.tenant,
        "backtest_id": backtest.backtest_id,
        "active": backtest.is_active,
        "body": msgspec.msgpack.encode(backtest),
    }
