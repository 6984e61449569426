"""Accounts on SQL: one change, one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from msgspec import structs
from sqlalchemy import Connection

from adapters.sql import account_reads
from adapters.sql.account_changes import keep, load, open_account
from adapters.sql.account_group_reads import one_group, page_of_groups
from adapters.sql.account_ledger import page_of_ledger
from adapters.sql.database import Database
from adapters.sql.fence import Fence
from adapters.sql.request_log import keep_answer, kept_answer
from domain.orders.book import AccountBook
from domain.orders.books import AccountState
from domain.orders.groups.record import OrderGroupRecord
from domain.orders.kept import Kept
from domain.orders.kill_switch import halt_by
from domain.orders.ledger import Ledger
from domain.orders.records import (
    AccountKey,
    AccountRecord,
    AccountSnapshot,
    AccountTerms,
    FillRecord,
    LedgerRecord,
    OrderRecord,
    PositionRecord,
)
from ports.account_store import AccountStore, Change, OrderQuery, Request
from ports.clock import Clock
from ports.kill_switch import KillFile
from ports.order_desk import AccountEntry
from ports.ownership import HOUSE

T = TypeVar("T")

ASKED_AT_ONCE = 6
"""Decisions that clients ask for and that are made at the same time. What follows from decisions,
above all finding out about orders in doubt, never queues behind more, however many clients ask."""


class SqlAccountStore(AccountStore):
    """Every change loads the account anew: it sees what is kept, whoever kept it.

    Behind a fence only the holder of the lease changes accounts; others give what was answered.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        kill_file: KillFile | None = None,
        fence: Fence | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._kill_file = kill_file
        self._fence = fence
        self._asked = asyncio.Semaphore(ASKED_AT_ONCE)

    async def create(
        self,
        tenant: str,
        terms: AccountTerms,
        decide: Callable[[AccountBook], T],
        *,
        request: Request[T] | None = None,
        rehearse: bool = False,
    ) -> Change[T]:
        def begin(connection: Connection) -> Kept:
            kept = Kept(tenant, terms, AccountState(Ledger()))
            open_account(connection, AccountBook(kept, clock=self._clock.now()))
            return kept

        return await self._change(tenant, begin, decide, request, rehearse)

    async def change(
        self,
        tenant: str,
        account_id: str,
        decide: Callable[[AccountBook], T],
        *,
        orders: Sequence[str] = (),
        fills: Sequence[str] = (),
        request: Request[T] | None = None,
        rehearse: bool = False,
    ) -> Change[T]:
        def begin(connection: Connection) -> Kept:
            kept = load(connection, tenant, account_id, orders, fills)
            if self._kill_file is not None and self._kill_file.is_there():
                return structs.replace(kept, halts=(halt_by(), *kept.halts))
            return kept

        return await self._change(tenant, begin, decide, request, rehearse)

    async def answered(self, request: Request[T]) -> T | None:
        answer = await self._database.read(
            request.key.tenant, lambda connection: kept_answer(connection, request.key)
        )
        return None if answer is None else msgspec.msgpack.decode(answer, type=request.answer)

    async def _change(
        self,
        tenant: str,
        begin: Callable[[Connection], Kept],
        decide: Callable[[AccountBook], T],
        request: Request[T] | None,
        rehearse: bool,
    ) -> Change[T]:
        if rehearse:
            request = None

        def transaction(connection: Connection) -> Change[T]:
            if request and (answer := kept_answer(connection, request.key)) is not None:
                return Change(msgspec.msgpack.decode(answer, type=request.answer), repeated=True)
            if self._fence is not None:
                self._fence.check(connection)
            clock = self._clock.now()
            before = begin(connection)
            book = AccountBook(before, clock=clock)
            value = decide(book)
            book.close()
            keep(connection, before, book, clock=clock)
            if request:
                keep_answer(connection, request.key, msgspec.msgpack.encode(value), ts=clock)
            return Change(value, to_send=book.to_send())

        run = self._database.rehearse if rehearse else self._database.write
        if not request:
            return await run(tenant, transaction)
        async with self._asked:
            return await run(tenant, transaction)

    async def get(self, tenant: str, account_id: str) -> AccountRecord:
        return await self._database.read(
            tenant, lambda connection: account_reads.account(connection, tenant, account_id)
        )

    async def snapshot(self, tenant: str, account_id: str) -> AccountSnapshot:
        return await self._database.read(
            tenant, lambda connection: account_reads.snapshot(connection, tenant, account_id)
        )

    async def accounts(
        self, tenant: str, *, before: int, limit: int
    ) -> Sequence[tuple[int, AccountRecord]]:
        return await self._database.read(
            tenant,
            lambda connection: account_reads.page_of_accounts(connection, tenant, before, limit),
        )

    async def order(self, tenant: str, account_id: str, order_id: str) -> OrderRecord:
        return await self._database.read(
            tenant, lambda connection: account_reads.order(connection, tenant, account_id, order_id)
        )

    async def orders(
        self, tenant: str, account_id: str, query: OrderQuery, *, before: int, limit: int
    ) -> Sequence[OrderRecord]:
        return await self._database.read(
            tenant,
            lambda connection: account_reads.page_of_orders(
                connection, tenant, account_id, query, before, limit
            ),
        )

    async def order_group(self, tenant: str, account_id: str, group_id: str) -> OrderGroupRecord:
        return await self._database.read(
            tenant,
            lambda connection: one_group(connection, tenant, account_id, group_id),
        )

    async def order_groups(
        self, tenant: str, account_id: str, query: OrderQuery, *, before: int, limit: int
    ) -> Sequence[OrderGroupRecord]:
        return await self._database.read(
            tenant,
            lambda connection: page_of_groups(connection, tenant, account_id, query, before, limit),
        )

    async def fills(
        self, tenant: str, account_id: str, *, order_id: str, before: int, limit: int
    ) -> Sequence[tuple[int, FillRecord]]:
        return await self._database.read(
            tenant,
            lambda connection: account_reads.page_of_fills(
                connection, tenant, account_id, order_id, before, limit
            ),
        )

    async def positions(
        self, tenant: str, account_id: str, *, after: str, limit: int
    ) -> Sequence[PositionRecord]:
        return await self._database.read(
            tenant,
            lambda connection: account_reads.page_of_positions(
                connection, tenant, account_id, after, limit
            ),
        )

    async def ledger(
        self, tenant: str, account_id: str, *, before: int, limit: int
    ) -> Sequence[LedgerRecord]:
        return await self._database.read(
            tenant, lambda connection: page_of_ledger(connection, tenant, account_id, before, limit)
        )

    async def position(
        self, tenant: str, account_id: str, instrument_id: str
    ) -> PositionRecord | None:
        return await self._database.read(
            tenant,
            lambda connection: account_reads.position(
                connection, tenant, account_id, instrument_id
            ),
        )

    async def traded_by(self, tenant: str, account_id: str, run_id: str, instrument_id: str) -> int:
        return await self._database.read(
            tenant,
            lambda connection: account_reads.traded_by(
                connection, tenant, account_id, run_id, instrument_id
            ),
        )

    async def entries(
        self, tenant: str, account_id: str, *, after: int, limit: int
    ) -> Sequence[AccountEntry]:
        return await self._database.read(
            tenant,
            lambda connection: account_reads.entries(connection, tenant, account_id, after, limit),
        )

    async def report_count(self, tenant: str, account_id: str) -> int:
        return await self._database.read(
            tenant, lambda connection: account_reads.report_count(connection, tenant, account_id)
        )

    async def unsettled(self) -> Sequence[tuple[AccountKey, str]]:
        now = self._clock.now()
        return await self._database.read(
            HOUSE, lambda connection: account_reads.unsettled(connection, now)
        )

    async def keys(self) -> Sequence[AccountKey]:
        return await self._database.read(HOUSE, account_reads.keys)
