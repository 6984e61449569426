"""Accounts in memory: what a change did is there whole as soon as it returns, or not at all."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from adapters.memory.kept_account import KeptAccount
from domain.errors import NotFound
from domain.orders.book import AccountBook, Record
from domain.orders.books import AccountState
from domain.orders.groups.in_book import no_group
from domain.orders.groups.record import OrderGroupRecord
from domain.orders.halts import Halt
from domain.orders.kept import Kept
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
from ports.lease import Lease, LeaseLost
from ports.order_desk import AccountEntry
from ports.request_log import RequestIdReused, RequestKey

T = TypeVar("T")


class Memory:
    """What is kept; several stores may share one, as processes share a database.

    `epoch` is that of the newest holder of the lease, `outbox` what was told of accounts, in order;
    `halts` forbid new risk in every account.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.halts: tuple[Halt, ...] = ()
        self.accounts: dict[str, KeptAccount] = {}
        self.answers: dict[tuple[str, str, str, str], tuple[bytes, bytes]] = {}
        self.outbox: list[tuple[str, str, Record]] = []

    def keep(self, account: KeptAccount, book: AccountBook) -> None:
        """A change as a whole: what it made of the account, and what it told."""
        account.keep(book)
        self.accounts[book.account_id] = account
        self.outbox.extend((book.tenant, book.account_id, told) for told in book.told)


class MemoryAccountStore(AccountStore):
    """One process's way to the memory. With a lease its epoch is checked in every change."""

    def __init__(
        self, clock: Clock, memory: Memory | None = None, lease: Lease | None = None
    ) -> None:
        self._clock = clock
        self._lease = lease
        self.memory = memory or Memory()

    async def create(
        self,
        tenant: str,
        terms: AccountTerms,
        decide: Callable[[AccountBook], T],
        *,
        request: Request[T] | None = None,
        rehearse: bool = False,
    ) -> Change[T]:
        account = KeptAccount(tenant, terms, len(self.memory.accounts) + 1)

        def begin() -> tuple[KeptAccount, Kept]:
            return account, Kept(tenant, terms, AccountState(Ledger()), halts=self.memory.halts)

        return self._change(begin, decide, request, rehearse=rehearse)

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
        def begin() -> tuple[KeptAccount, Kept]:
            account = self._of(tenant, account_id)
            return account, account.load(orders, fills, self.memory.halts)

        return self._change(begin, decide, request, rehearse=rehearse)

    def _change(
        self,
        begin: Callable[[], tuple[KeptAccount, Kept]],
        decide: Callable[[AccountBook], T],
        request: Request[T] | None,
        *,
        rehearse: bool,
    ) -> Change[T]:
        if request and not rehearse and (answer := self._answer(request)) is not None:
            return Change(answer, repeated=True)
        self._check_epoch()
        account, before = begin()
        book = AccountBook(before, clock=self._clock.now())
        value = decide(book)
        book.close()
        if rehearse:
            return Change(value)
        self.memory.keep(account, book)
        if request:
            answer_kept = (request.key.fingerprint, msgspec.msgpack.encode(value))
            self.memory.answers[_place(request.key)] = answer_kept
        return Change(value, to_send=book.to_send())

    def _check_epoch(self) -> None:
        """Raises `LeaseLost` for a process that holds the lease no more."""
        if self._lease is not None and self._lease.epoch != self.memory.epoch:
            raise LeaseLost("another process changes accounts now")

    async def answered(self, request: Request[T]) -> T | None:
        return self._answer(request)

    async def get(self, tenant: str, account_id: str) -> AccountRecord:
        return self._of(tenant, account_id).record()

    async def snapshot(self, tenant: str, account_id: str) -> AccountSnapshot:
        account = self._of(tenant, account_id)
        return AccountSnapshot(
            account.record(),
            tuple(one for one in account.position_records() if one.quantity),
            tuple(account.order_record(number) for number in sorted(account.working)),
            len(self.memory.outbox),
        )

    async def accounts(
        self, tenant: str, *, before: int, limit: int
    ) -> Sequence[tuple[int, AccountRecord]]:
        mine = [one for one in self.memory.accounts.values() if one.tenant == tenant]
        mine.sort(key=lambda one: -one.place)
        asked = [one for one in mine if not before or one.place < before]
        return [(one.place, one.record()) for one in asked[:limit]]

    async def order(self, tenant: str, account_id: str, order_id: str) -> OrderRecord:
        account = self._of(tenant, account_id)
        return account.order_record(account.number_of(order_id))

    async def orders(
        self, tenant: str, account_id: str, query: OrderQuery, *, before: int, limit: int
    ) -> Sequence[OrderRecord]:
        account = self._of(tenant, account_id)
        numbers = account.working if query.open_only else account.orders
        asked = [
            number
            for number in sorted(numbers, reverse=True)
            if (not before or number < before) and query.run_id in ("", account.tags[number].run_id)
        ]
        return [account.order_record(number) for number in asked[:limit]]

    async def order_group(self, tenant: str, account_id: str, group_id: str) -> OrderGroupRecord:
        account = self._of(tenant, account_id)
        number = account.numbers.get(group_id)
        if number not in account.groups:
            raise no_group(group_id)
        return account.group_record(number)

    async def order_groups(
        self, tenant: str, account_id: str, query: OrderQuery, *, before: int, limit: int
    ) -> Sequence[OrderGroupRecord]:
        account = self._of(tenant, account_id)
        asked = [
            number
            for number, one in account.groups.items()
            if (not before or number < before)
            and (one.is_active or not query.open_only)
            and query.run_id in ("", one.run_id)
        ]
        return [account.group_record(number) for number in sorted(asked, reverse=True)[:limit]]

    async def fills(
        self, tenant: str, account_id: str, *, order_id: str, before: int, limit: int
    ) -> Sequence[tuple[int, FillRecord]]:
        account = self._of(tenant, account_id)
        asked = [
            (place, fill)
            for place, fill in enumerate(account.fills.values(), 1)
            if order_id in ("", fill.order_id) and (not before or place < before)
        ]
        return asked[::-1][:limit]

    async def positions(
        self, tenant: str, account_id: str, *, after: str, limit: int
    ) -> Sequence[PositionRecord]:
        held = self._of(tenant, account_id).position_records()
        return [one for one in held if one.quantity and one.instrument_id > after][:limit]

    async def ledger(
        self, tenant: str, account_id: str, *, before: int, limit: int
    ) -> Sequence[LedgerRecord]:
        postings = self._of(tenant, account_id).postings()
        asked = postings[: before - 1] if before else postings
        return asked[::-1][:limit]

    async def position(
        self, tenant: str, account_id: str, instrument_id: str
    ) -> PositionRecord | None:
        held = self._of(tenant, account_id).position_records()
        return next((one for one in held if one.instrument_id == instrument_id), None)

    async def traded_by(self, tenant: str, account_id: str, run_id: str, instrument_id: str) -> int:
        account = self._of(tenant, account_id)
        return sum(
            order.side * order.filled_quantity
            for number, order in account.orders.items()
            if account.tags[number].run_id == run_id and order.instrument_id == instrument_id
        )

    async def entries(
        self, tenant: str, account_id: str, *, after: int, limit: int
    ) -> Sequence[AccountEntry]:
        log = self._of(tenant, account_id).entries[after : after + limit]
        return [AccountEntry(after + place, *entry) for place, entry in enumerate(log, 1)]

    async def report_count(self, tenant: str, account_id: str) -> int:
        return self._of(tenant, account_id).report_count

    async def unsettled(self) -> Sequence[tuple[AccountKey, str]]:
        now = self._clock.now()
        return [
            (AccountKey(account.tenant, name), account.tags[number].order_id)
            for name, account in sorted(self.memory.accounts.items())
            for number in account.unsettled(now)
        ]

    async def keys(self) -> Sequence[AccountKey]:
        return [AccountKey(account.tenant, name) for name, account in self.memory.accounts.items()]

    def _of(self, tenant: str, account_id: str) -> KeptAccount:
        account = self.memory.accounts.get(account_id)
        if account is None or account.tenant != tenant:
            raise NotFound(
                f"no account {account_id}", reason="ACCOUNT_NOT_FOUND", account_id=account_id
            )
        return account

    def _answer(self, request: Request[T]) -> T | None:
        kept = self.memory.answers.get(_place(request.key))
        if kept is None:
            return None
        fingerprint, answer = kept
        if fingerprint != request.key.fingerprint:
            raise RequestIdReused(request.key.request_id)
        return msgspec.msgpack.decode(answer, type=request.answer)


def _place(key: RequestKey) -> tuple[str, str, str, str]:
    return key.tenant, key.principal, key.method, key.request_id
