"""A process's way to the store: the wire may fail, commits are atomic, replies get lost."""

from collections.abc import Callable
from typing import Any, TypeVar

from adapters.memory.account_store import Memory, MemoryAccountStore
from adapters.memory.kept_account import KeptAccount
from domain.errors import Unavailable
from domain.orders.book import AccountBook
from domain.orders.events import Event
from ports.account_store import Change
from ports.lease import Lease
from tests.simulation.life import Life

T = TypeVar("T")

SLOW_REPLIES = 0.4
"""How many replies take so long that something else may happen before them."""


class WatchedMemory(Memory):
    """Every commit is looked at, before and after."""

    def __init__(self) -> None:
        super().__init__()
        self.commits = 0
        self.full_until = 0.0
        self.late_writes: list[str] = []
        self.before: Callable[[KeptAccount, AccountBook], None] = _ignore
        self.after: Callable[[KeptAccount, AccountBook], None] = _ignore

    def keep(self, account: KeptAccount, book: AccountBook) -> None:
        self.commits += 1
        self.before(account, book)
        super().keep(account, book)
        self.after(account, book)
        _let_go(book)


class SimAccountStore(MemoryAccountStore):
    """The store in memory behind a wire."""

    def __init__(self, life: Life, memory: WatchedMemory, lease: Lease | None = None) -> None:
        super().__init__(life, memory, lease)
        self._life = life

    async def create(self, *arguments: Any, **named: Any) -> Change[Any]:
        return await self._write(super().create, arguments, named)

    async def change(self, *arguments: Any, **named: Any) -> Change[Any]:
        return await self._write(super().change, arguments, named)

    async def report_count(self, tenant: str, account_id: str) -> int:
        await self._life.step()
        return await super().report_count(tenant, account_id)

    async def unsettled(self) -> Any:
        await self._life.step()
        return await super().unsettled()

    async def keys(self) -> Any:
        await self._life.step()
        return await super().keys()

    async def order(self, tenant: str, account_id: str, order_id: str) -> Any:
        await self._life.step()
        return await super().order(tenant, account_id, order_id)

    async def answered(self, request: Any) -> Any:
        await self._life.step()
        return await super().answered(request)

    async def _write(self, act: Callable[..., Any], arguments: Any, named: Any) -> Change[Any]:
        life, memory = self._life, self.memory
        await life.step()
        if life.dice.strikes("serialization_failure"):
            raise Unavailable("the transaction met another one", reason="STORE_BUSY")
        if life.dice.strikes("disk_full"):
            memory.full_until = life.loop.time() + life.dice.between(1.0, 10.0)
        if not life.dice.calm and life.loop.time() < memory.full_until:
            raise Unavailable("the disk is full", reason="STORE_FULL")
        commits = memory.commits
        change = await act(*arguments, **named)
        is_late = self._lease is not None and self._lease.epoch != memory.epoch
        if is_late and memory.commits != commits:
            memory.late_writes.append(f"{life.name} wrote with an old epoch")
        if life.dice.strikes("commit_unknown"):
            raise Unavailable("nobody knows whether it was kept", reason="COMMIT_UNKNOWN")
        if life.dice.between(0.0, 1.0) < SLOW_REPLIES:
            await life.step()
        return change


def _let_go(book: AccountBook) -> None:
    """Cuts the circles of a book that is kept: finding them would take a quarter of the time."""
    book.account.record = _nobody_hears
    del book.hands, book.groups


def _nobody_hears(_event: Event) -> None:
    """Nothing happens in an account that is kept."""


def _ignore(account: KeptAccount, book: AccountBook) -> None:
    """Nobody watches."""
