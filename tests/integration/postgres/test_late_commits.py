"""A seq is given before the commit: who reads by it alone would skip what commits late."""

import asyncio
from collections.abc import Callable

from sqlalchemy import Connection, text

from adapters.sql.event_bus import SqlEventBus, append_events
from adapters.sql.outbox import Place, SqlOutbox
from adapters.sql.postgres_database import PostgresDatabase
from ports.event_bus import Event
from tests.postgres import TestDatabase

FREE = text("SELECT count(*) FROM inbox WHERE consumer = 'gate'")


def an_event(key: str, words: str) -> Event:
    return Event(0, "local", "runs", key, "run", words.encode(), 1)


def slowly(kept: TestDatabase, begun: asyncio.Event) -> Callable[[Connection], None]:
    """Appends an event, and commits when the gate is open."""
    loop = asyncio.get_running_loop()

    def transaction(connection: Connection) -> None:
        append_events(connection, [an_event("slow", "late")])
        loop.call_soon_threadsafe(begun.set)
        while not connection.execute(FREE).scalar():
            pass  # each look lets the loop go on

    return transaction


async def test_what_commits_late_is_neither_skipped_nor_told_out_of_turn(
    database: PostgresDatabase, kept: TestDatabase
) -> None:
    outbox, bus, begun = SqlOutbox(database), SqlEventBus(database), asyncio.Event()
    late = asyncio.ensure_future(database.write("local", slowly(kept, begun)))
    await begun.wait()
    await database.write("local", lambda one: append_events(one, [an_event("quick", "early")]))
    assert await bus.last_seq() == 2
    assert await bus.place_of("runs", "slow") == 0
    assert await bus.place_of("runs", "quick") == 2
    found, place = await outbox.read(Place())
    assert found == []
    kept.execute("INSERT INTO inbox VALUES ('gate', 'open', 1)")
    await late
    found, _ = await outbox.read(place)
    assert [(event.seq, event.payload) for event in found] == [(1, b"late"), (2, b"early")]
    assert [one.payload for one in await bus.read("runs", "slow", after=0)] == [b"late"]


async def test_what_another_process_commits_wakes_who_follows(
    database: PostgresDatabase, kept: TestDatabase
) -> None:
    bus, elsewhere = SqlEventBus(database), PostgresDatabase(kept.url)
    following = asyncio.ensure_future(anext(bus.follow("runs", "run_1", after=0)))
    await asyncio.sleep(0)
    await elsewhere.write("local", lambda one: append_events(one, [an_event("run_1", "a")]))
    assert (await asyncio.wait_for(following, 10)).payload == b"a"
    await elsewhere.aclose()
