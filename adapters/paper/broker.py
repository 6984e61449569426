"""The paper broker: as idempotent and as forgetful as a real one is not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, bindparam, select

from adapters.paper.account import PaperAccount
from adapters.paper.balances import statement as stated
from adapters.paper.tables import SCHEMA, metadata, paper_reports
from adapters.paper.upgrade import count_balances
from adapters.sql.prepared import Prepared
from adapters.sql.sqlite_database import SqliteDatabase
from domain.errors import NotAllowedNow, Unavailable
from domain.market_data.bar import Bar
from domain.orders.doubt import Capabilities, Question
from domain.orders.records import AccountKey
from domain.simulation.fees import Fees
from ports.broker import (
    Ack,
    Broker,
    BrokerOrder,
    BrokerSilent,
    ExecutionReport,
    Found,
    Statement,
    Terms,
)
from ports.broker_funds import BrokerFunds
from ports.paper_market import PaperMarket

T = TypeVar("T")

WITHOUT_BALANCES = 1  # the schema that kept none
CAPABILITIES = Capabilities(
    unique_order_ids=True,
    questions=(Question.BY_ID,),
    max_inflight=0,
    trades_when_shown=True,
    trailing_stops=True,
)

_REPORTS = Prepared(
    select(paper_reports.c.report)
    .where(
        paper_reports.c.tenant == bindparam("tenant"),
        paper_reports.c.account_id == bindparam("account_id"),
        paper_reports.c.number > bindparam("after"),
    )
    .order_by(paper_reports.c.number)
    .limit(bindparam("most"))
)
_report_of = msgspec.msgpack.Decoder(ExecutionReport).decode


class PaperBroker(Broker, BrokerFunds, PaperMarket):
    """Keeps each step in its own file before it answers; after a restart it goes on from there.

    Fills follow the simulated exchange of the backtests. It refuses nothing but cancels and
    replaces of orders that do not work.
    """

    def __init__(self, path: Path, *, fees: Fees | None = None, volume_percent: int = 0) -> None:
        """Opens or makes the book. Raises `NotAllowedNow` SCHEMA_TOO_NEW."""
        self._database = SqliteDatabase(path)
        self._fees = fees
        self._volume_percent = volume_percent
        self._accounts: dict[AccountKey, PaperAccount] = {}
        self._listeners: set[asyncio.Queue[AccountKey]] = set()
        _prepare(self._database)

    async def submit(self, account: AccountKey, order: BrokerOrder) -> Ack:
        return await self._act(account, lambda one, connection: one.submit(connection, order))

    async def cancel(self, account: AccountKey, order_id: str, ts: int) -> None:
        await self._act(account, lambda one, connection: one.cancel(connection, order_id, ts))
        self._tell(account)

    async def replace(self, account: AccountKey, order_id: str, terms: Terms, ts: int) -> None:
        await self._act(
            account, lambda one, connection: one.replace(connection, order_id, terms, ts)
        )
        self._tell(account)

    async def capabilities(self, account: AccountKey) -> Capabilities:  # noqa: ARG002
        return CAPABILITIES

    async def healthy_since(self, account: AccountKey) -> int | None:  # noqa: ARG002
        return 0

    async def ask(
        self,
        account: AccountKey,
        order_id: str,
        question: Question,  # noqa: ARG002 - its book answers all alike
    ) -> Sequence[Found]:
        return await self._act(account, lambda one, connection: one.find(connection, order_id))

    async def statement(self, account: AccountKey, *, since: int) -> Statement:
        key = {"tenant": account.tenant, "account_id": account.account_id}
        try:
            return await self._database.read(
                account.tenant, lambda connection: stated(connection, key, since=since)
            )
        except Unavailable as error:
            raise BrokerSilent(str(error)) from error

    async def pay_in(self, account: AccountKey, deposit_id: str, amount: int) -> None:
        def transaction(one: PaperAccount, connection: Connection) -> None:
            one.pay_in(connection, deposit_id, amount)

        await self._act(account, transaction)

    async def reports(
        self, account: AccountKey, *, after: int, limit: int = 1000
    ) -> Sequence[ExecutionReport]:
        def query(connection: Connection) -> Sequence[ExecutionReport]:
            rows = _REPORTS.rows(
                connection,
                tenant=account.tenant,
                account_id=account.account_id,
                after=after,
                most=limit,
            )
            return [_report_of(row.report) for row in rows]

        try:
            return await self._database.read(account.tenant, query)
        except Unavailable as error:
            raise BrokerSilent(str(error)) from error

    async def arrivals(self) -> AsyncIterator[AccountKey]:
        arrived: asyncio.Queue[AccountKey] = asyncio.Queue()
        self._listeners.add(arrived)
        try:
            while True:
                yield await arrived.get()
        finally:
            self._listeners.discard(arrived)

    async def advance(self, account: AccountKey, market: str, bar: Bar) -> int:
        idle = self._accounts.get(account)  # nobody is at work on it: those take it out
        if idle is not None and idle.pass_by(market, bar):
            return idle.report_count

        def step(one: PaperAccount, connection: Connection) -> tuple[bool, int]:
            return one.advance(connection, market, bar), one.report_count

        moved, report_count = await self._act(account, step)
        if moved:
            self._tell(account)
        return report_count

    def close(self) -> None:
        """Closes the book."""
        self._database.close()

    async def _act(self, key: AccountKey, step: Callable[[PaperAccount, Connection], T]) -> T:
        """One step, one transaction. A step that fails leaves the account to be built anew."""

        def transaction(connection: Connection) -> T:
            account = self._accounts.pop(key, None)
            if account is None:
                account = PaperAccount(connection, key, self._fees, self._volume_percent)
            result = step(account, connection)
            connection.commit()  # before anybody may build upon what it did
            self._accounts[key] = account
            return result

        try:
            return await self._database.write(key.tenant, transaction)
        except Unavailable as error:
            raise BrokerSilent(str(error)) from error

    def _tell(self, account: AccountKey) -> None:
        for listener in self._listeners:
            listener.put_nowait(account)


def _prepare(database: SqliteDatabase) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        found = connection.exec_driver_sql("PRAGMA user_version").scalar() or 0
        if found > SCHEMA:
            raise NotAllowedNow(
                f"{database.path.name} has schema {found}: use the newer version",
                reason="SCHEMA_TOO_NEW",
                file=database.path.name,
                schema=str(found),
            )
        metadata.create_all(connection)
        if found == WITHOUT_BALANCES:
            count_balances(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")
        connection.commit()
