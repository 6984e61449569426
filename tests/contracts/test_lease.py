"""What a lease promises to whoever changes accounts and sends orders."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import Connection, update

from adapters.sql.account_store import SqlAccountStore
from adapters.sql.database import Database
from adapters.sql.postgres_database import PostgresDatabase
from adapters.sql.postgres_lease import PostgresLease
from adapters.sql.sqlite_lease import SqliteLease
from adapters.sql.tables.leases import leases
from domain.orders.book import AccountBook
from domain.orders.records import AccountTerms
from domain.orders.risk import RiskLimits
from ports.lease import LeaseLost
from ports.ownership import HOUSE
from tests.unit.orders.house import TENANT, ManualClock

Held = SqliteLease | PostgresLease


def a_lease(database: Database, owner: str = "one") -> Held:
    if isinstance(database, PostgresDatabase):
        return PostgresLease(database, "orders", owner)
    return SqliteLease(database, "orders", owner)


@asynccontextmanager
async def holding(lease: Held) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.ensure_future(lease.hold())
    await asyncio.wait_for(lease.held(), 10)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def open_account(book: AccountBook) -> None:
    book.account.deposit(1, 1)


async def changes(database: Database, lease: Held, name: str) -> None:
    """One change of an account behind the fence of that lease."""
    store = SqlAccountStore(database, ManualClock(), fence=lease)
    terms = AccountTerms(name, "test", "paper", "USD", RiskLimits(), 1)
    await store.create(TENANT, terms, open_account)


async def test_only_who_holds_it_may_send_and_change(database: Database) -> None:
    lease = a_lease(database)
    assert (lease.epoch, lease.may_send()) == (0, False)
    with pytest.raises(LeaseLost) as refused:
        await changes(database, lease, "acc_1")
    assert refused.value.reason == "NOT_THE_HOLDER"
    async with holding(lease):
        assert (lease.epoch, lease.may_send()) == (1, True)
        await changes(database, lease, "acc_1")
    assert (lease.epoch, lease.may_send()) == (0, False)


async def test_every_new_holder_has_a_higher_epoch(database: Database) -> None:
    epochs = []
    for owner in ("one", "two", "three"):
        lease = a_lease(database, owner)
        async with holding(lease):
            epochs.append(lease.epoch)
            await lease.release()
    assert epochs == [1, 2, 3]


async def test_an_epoch_of_before_changes_nothing_more(database: Database) -> None:
    old = a_lease(database, "old")
    async with holding(old):

        def take_over(connection: Connection) -> None:
            connection.execute(update(leases).values(epoch=leases.c.epoch + 1))

        await database.write(HOUSE, take_over)
        with pytest.raises(LeaseLost):
            await changes(database, old, "acc_1")
    store = SqlAccountStore(database, ManualClock())
    assert await store.accounts(TENANT, before=0, limit=9) == []
