"""Transactions on PostgreSQL: what is run again, what is refused, and what nobody can know."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, IntegrityError

from adapters.sql.postgres_database import ATTEMPTS, PostgresDatabase
from adapters.sql.tables.events import inbox
from domain.errors import Unavailable
from ports.ownership import HOUSE
from tests.postgres import TestDatabase


def note(connection: Connection, name: str = "once") -> None:
    connection.execute(insert(inbox).values(consumer="test", event_id=name, create_ts=1))


async def noted(database: PostgresDatabase) -> list[str]:
    return list(await database.read(HOUSE, lambda one: one.scalars(select(inbox.c.event_id)).all()))


def lose(connection: Connection, state: str) -> None:
    """As the server would say it: the transaction has lost against another."""
    connection.execute(
        text(f"DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '{state}'; END $$")
    )


@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_what_lost_against_another_is_run_again(
    database: PostgresDatabase, state: str
) -> None:
    tries: Iterator[int] = iter(range(99))

    def transaction(connection: Connection) -> int:
        note(connection)
        if (number := next(tries)) < ATTEMPTS - 1:
            lose(connection, state)
        return number

    assert await database.write(HOUSE, transaction) == ATTEMPTS - 1
    assert await noted(database) == ["once"]


async def test_what_always_loses_is_refused_in_the_end(database: PostgresDatabase) -> None:
    tries: list[int] = []

    def transaction(connection: Connection) -> None:
        tries.append(1)
        note(connection)
        lose(connection, "40001")

    with pytest.raises(Unavailable) as refused:
        await database.write(HOUSE, transaction)
    assert (refused.value.reason, len(tries)) == ("STORE_BUSY", ATTEMPTS)
    assert await noted(database) == []


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("53100", "STORE_FULL"),
        ("25006", "STORE_READ_ONLY"),
        ("53300", "STORE_UNAVAILABLE"),
        ("57014", "STORE_UNAVAILABLE"),
        ("55P03", "STORE_UNAVAILABLE"),
    ],
)
async def test_what_the_server_cannot_do_now_has_a_reason_and_keeps_nothing(
    database: PostgresDatabase, state: str, reason: str
) -> None:
    def transaction(connection: Connection) -> None:
        note(connection)
        lose(connection, state)

    with pytest.raises(Unavailable) as refused:
        await database.write(HOUSE, transaction)
    assert refused.value.reason == reason
    assert await noted(database) == []


async def test_a_server_that_only_reads_refuses_changes_and_is_read(kept: TestDatabase) -> None:
    kept.set("default_transaction_read_only", "on")
    try:
        database = PostgresDatabase(kept.url)
        with pytest.raises(Unavailable) as refused:
            await database.write(HOUSE, note)
        assert refused.value.reason == "STORE_READ_ONLY"
        assert await noted(database) == []
        await database.aclose()
    finally:
        kept.reset("default_transaction_read_only")


async def test_a_deadlock_costs_nobody_his_change(database: PostgresDatabase) -> None:
    for name in ("a", "b"):
        await database.write(HOUSE, lambda one, name=name: note(one, name))
    lock = text("SELECT 1 FROM inbox WHERE event_id = :name FOR UPDATE")
    change = text("UPDATE inbox SET create_ts = create_ts + 1")

    def crosswise(connection: Connection, first: str, second: str) -> None:
        for name in (first, second):
            connection.execute(lock, {"name": name})
        connection.execute(change)

    await asyncio.gather(
        *(
            database.write(HOUSE, lambda one, pair=pair: crosswise(one, *pair))
            for pair in [("a", "b"), ("b", "a")] * 2
        )
    )
    counted = await database.read(HOUSE, lambda one: one.scalars(select(inbox.c.create_ts)).all())
    assert list(counted) == [5, 5]


async def test_connections_that_broke_while_idle_are_replaced(
    database: PostgresDatabase, kept: TestDatabase
) -> None:
    await database.write(HOUSE, note)
    kept.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = $1 AND pid <> pg_backend_pid()",
        kept.name,
    )
    await database.write(HOUSE, lambda one: note(one, "again"))
    assert await noted(database) == ["once", "again"]


async def test_a_connection_that_breaks_before_the_commit_is_no_harm(
    database: PostgresDatabase, kept: TestDatabase
) -> None:
    breaks = iter([True])

    def transaction(connection: Connection) -> None:
        note(connection)
        if next(breaks, False):
            pid = connection.scalar(text("SELECT pg_backend_pid()"))
            kept.execute("SELECT pg_terminate_backend($1)", pid)

    # The reply of a COMMIT that finds the connection broken tells nobody whether it was carried
    # out: here it was not, and the caller finds out by asking again.
    with pytest.raises(Unavailable) as refused:
        await database.write(HOUSE, transaction)
    assert refused.value.reason == "COMMIT_UNKNOWN"
    await database.write(HOUSE, transaction)
    assert await noted(database) == ["once"]


async def test_a_driver_that_has_lost_its_place_is_a_lost_connection(
    database: PostgresDatabase,
) -> None:
    """As asyncpg is when the server ended its session while this process stood still."""
    confused = iter([AsyncAdapt_asyncpg_dbapi.InternalClientError("another operation is going on")])

    def transaction(connection: Connection) -> None:
        note(connection)
        for error in confused:
            raise error

    await database.write(HOUSE, transaction)
    assert await noted(database) == ["once"]


async def test_a_process_that_stopped_in_its_tracks_keeps_no_locks(kept: TestDatabase) -> None:
    stopped, other = PostgresDatabase(kept.url, idle=0.05), PostgresDatabase(kept.url)
    await other.write(HOUSE, note)
    change = text("UPDATE inbox SET create_ts = create_ts + 1")
    begins = iter([True])

    def transaction(connection: Connection) -> None:
        connection.execute(change)
        if next(begins, False):
            while kept.execute(
                "SELECT 1 FROM pg_stat_activity"
                " WHERE datname = $1 AND state = 'idle in transaction'",
                kept.name,
            ):
                pass  # stopped: the server hears nothing of us, until it has enough
            connection.execute(change)

    await stopped.write(HOUSE, transaction)  # what was ended had done nothing: it is run again
    await other.write(HOUSE, lambda one: one.execute(change))
    ages = await other.read(HOUSE, lambda one: one.scalars(select(inbox.c.create_ts)).all())
    assert list(ages) == [3]
    for database in (stopped, other):
        await database.aclose()


async def test_a_server_that_is_not_there_is_unavailable(kept: TestDatabase) -> None:
    port = kept.url.rsplit(":", 1)[1].split("/")[0]
    database = PostgresDatabase(kept.url.replace(f":{port}/", ":1/"))
    for use in (database.write, database.read):
        with pytest.raises(Unavailable) as refused:
            await use(HOUSE, noted)
        assert refused.value.reason == "STORE_UNAVAILABLE"
        assert "of-the-tests" not in refused.value.message
    await database.aclose()


async def test_a_wrong_statement_is_no_matter_of_the_store(database: PostgresDatabase) -> None:
    await database.write(HOUSE, note)
    with pytest.raises(IntegrityError):
        await database.write(HOUSE, note)
    with pytest.raises(DBAPIError, match="no_such_table"):
        await database.read(HOUSE, lambda one: one.exec_driver_sql("TABLE no_such_table"))


async def test_reads_see_one_state_and_cannot_write(
    database: PostgresDatabase, kept: TestDatabase
) -> None:
    def twice(connection: Connection) -> list[int]:
        counts = []
        for name in ("a", "b"):
            counts.append(len(connection.execute(select(inbox.c.event_id)).all()))
            kept.execute("INSERT INTO inbox VALUES ('test', $1, 1)", name)
        return counts

    assert await database.read(HOUSE, twice) == [0, 0]
    assert await noted(database) == ["a", "b"]
    with pytest.raises(Unavailable) as refused:
        await database.read(HOUSE, note)
    assert refused.value.reason == "STORE_READ_ONLY"


async def test_a_caller_that_gives_up_does_not_stop_what_it_began(
    database: PostgresDatabase,
) -> None:
    writing = asyncio.ensure_future(database.write(HOUSE, note))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await database.aclose()  # waits for it; the next one opens it again
    assert await noted(database) == ["once"]
