"""A second wall between tenants, behind that of the statements."""

import pytest
from sqlalchemy import Connection, Table, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from adapters.sql.account_store import SqlAccountStore
from adapters.sql.postgres_database import PostgresDatabase
from adapters.sql.tables.events import events, requests
from adapters.sql.tables.orders import accounts
from adapters.sql.walls import tenant_tables, walled_tables
from domain.orders.book import AccountBook
from domain.orders.records import AccountTerms
from domain.orders.risk import RiskLimits
from ports.ownership import HOUSE
from tests.postgres import SERVICE, TestDatabase
from tests.unit.orders.house import ManualClock


async def test_the_service_is_neither_superuser_nor_owner(kept: TestDatabase) -> None:
    [role] = kept.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = $1", SERVICE
    )
    assert tuple(role) == (False, False, False)
    owners = kept.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert SERVICE not in {row["tableowner"] for row in owners}


async def test_every_table_with_a_tenant_has_walls_that_hold_for_its_owner_too(
    database: PostgresDatabase,
) -> None:
    of_tenants, walled = await database.read(
        HOUSE, lambda one: (tenant_tables(one), walled_tables(one))
    )
    assert {"accounts", "orders", "fills", "events", "requests"} <= set(of_tenants)
    assert set(of_tenants) == set(walled)


async def opened(database: PostgresDatabase, tenant: str) -> str:
    store, name = SqlAccountStore(database, ManualClock()), f"acc_{tenant}"
    terms = AccountTerms(name, "test", "paper", "USD", RiskLimits(), 1)

    def decide(book: AccountBook) -> None:
        book.account.deposit(1, 100)

    await store.create(tenant, terms, decide)
    return name


async def test_rows_of_another_tenant_are_invisible_to_a_statement_that_forgot_its_own(
    database: PostgresDatabase,
) -> None:
    for tenant in ("mine", "theirs"):
        await opened(database, tenant)

    def seen(connection: Connection) -> list[str]:
        return list(connection.scalars(select(accounts.c.account_id)))

    assert await database.read("mine", seen) == ["acc_mine"]
    assert await database.read("theirs", seen) == ["acc_theirs"]
    assert await database.read("nobody", seen) == []
    assert sorted(await database.read(HOUSE, seen)) == ["acc_mine", "acc_theirs"]


async def test_rows_of_another_tenant_cannot_be_changed_or_taken_or_made(
    database: PostgresDatabase,
) -> None:
    for tenant in ("mine", "theirs"):
        await opened(database, tenant)

    def rich(connection: Connection) -> int:
        return connection.execute(update(accounts).values(cash=1_000_000)).rowcount

    def steal(connection: Connection) -> int:
        return connection.execute(update(accounts).values(tenant="theirs")).rowcount

    def plant(connection: Connection) -> None:
        event = {"topic": "accounts", "key": "acc_theirs", "kind": "order", "payload": b""}
        connection.execute(insert(events).values(tenant="theirs", create_ts=1, **event))

    def empty(connection: Connection) -> int:
        return sum(connection.execute(table.delete()).rowcount for table in (requests, events))

    assert await database.write("mine", rich) == 1
    for crime in (steal, plant):
        with pytest.raises(DBAPIError, match="row-level security"):
            await database.write("mine", crime)
    count = await database.read("theirs", lambda one: one.scalar(_count(events)))
    assert await database.write("mine", empty) > 0
    assert await database.read("theirs", lambda one: one.scalar(_count(events))) == count
    assert await database.read("theirs", lambda one: one.scalar(select(accounts.c.cash))) == 100


async def test_a_transaction_leaves_no_tenant_behind_on_its_connection(
    kept: TestDatabase,
) -> None:
    database = PostgresDatabase(kept.url, writers=1, readers=1)
    await opened(database, "mine")
    for tenant, found in (("mine", 1), ("theirs", 0), ("mine", 1)):
        assert await database.read(tenant, lambda one: one.scalar(_count(accounts))) == found
    await database.aclose()


def _count(table: Table):
    return select(func.count()).select_from(table)
