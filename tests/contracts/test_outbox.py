"""What the outbox and the inbox promise to whoever passes events on."""

import asyncio

import pytest
from sqlalchemy import Connection, insert, select

from adapters.sql.database import Database
from adapters.sql.event_bus import append_events
from adapters.sql.inbox import SqlInbox
from adapters.sql.outbox import Place, SqlOutbox
from adapters.sql.tables.events import inbox, requests
from ports.event_bus import Event
from ports.ownership import HOUSE
from tests.unit.orders.house import ManualClock


def an_event(text: str, key: str = "run_1", tenant: str = "local") -> Event:
    return Event(0, tenant, "runs", key, "run", text.encode(), 1)


async def tell(database: Database, *texts: str, key: str = "run_1", tenant: str = "local") -> None:
    happened = [an_event(text, key, tenant) for text in texts]
    await database.write(tenant, lambda one: append_events(one, happened))


async def drained(database: Database, limit: int = 1000) -> list[str]:
    outbox, place, found = SqlOutbox(database), Place(), []
    while True:
        batch, place = await outbox.read(place, limit)
        if not batch:
            return found
        found += [event.payload.decode() for event in batch]


@pytest.mark.parametrize("limit", [1, 2, 1000])
async def test_every_event_of_every_tenant_comes_once_and_in_order(
    database: Database, limit: int
) -> None:
    await tell(database, "a", "b")
    await tell(database, "x", key="run_2", tenant="other")
    await tell(database, "c")
    assert await drained(database, limit) == ["a", "b", "x", "c"]


async def test_who_goes_on_from_a_place_gets_what_is_new(database: Database) -> None:
    outbox = SqlOutbox(database)
    await tell(database, "a")
    _, place = await outbox.read(Place())
    assert await outbox.read(place) == ([], (await outbox.read(place))[1])
    await tell(database, "b")
    [event], _ = await outbox.read(place)
    assert event.payload == b"b"


async def an_event_of(database: Database) -> Event:
    await tell(database, "a")
    [event], _ = await SqlOutbox(database).read(Place())
    return event


def effect(connection: Connection) -> None:
    row = {"tenant": HOUSE, "principal": "p", "method": "m", "request_id": "once"}
    connection.execute(insert(requests).values(**row, fingerprint=b"", answer=b"", create_ts=1))


async def effects(database: Database) -> int:
    rows = await database.read(HOUSE, lambda one: one.execute(select(requests)).all())
    return len(rows)


async def test_an_event_that_comes_twice_has_one_effect(database: Database) -> None:
    event = await an_event_of(database)
    mine = SqlInbox(database, ManualClock(), "mine")
    assert [await mine.consume(event, effect) for _ in range(3)] == [True, False, False]
    assert await effects(database) == 1


async def test_deliveries_at_the_same_time_have_one_effect(database: Database) -> None:
    event = await an_event_of(database)
    inboxes = [SqlInbox(database, ManualClock(), "mine") for _ in range(8)]
    done = await asyncio.gather(*(one.consume(event, effect) for one in inboxes))
    assert sorted(done) == [False] * 7 + [True]
    assert await effects(database) == 1


async def test_each_consumer_has_its_own_effect_and_its_own_place(database: Database) -> None:
    event, seen = await an_event_of(database), []
    for name in ("mine", "yours"):
        consumer = SqlInbox(database, ManualClock(), name)
        assert await consumer.place() == Place()
        place = Place(1, 2, len(name))
        assert await consumer.consume(event, lambda _, name=name: seen.append(name), place=place)
        assert await consumer.place() == place
    assert seen == ["mine", "yours"]


async def test_an_effect_that_fails_leaves_neither_note_nor_place(database: Database) -> None:
    event = await an_event_of(database)
    mine = SqlInbox(database, ManualClock(), "mine")

    def fails(connection: Connection) -> None:
        effect(connection)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await mine.consume(event, fails, place=Place(1, 2, 3))
    assert (await effects(database), await mine.place()) == (0, Place())
    assert await database.read(HOUSE, lambda one: one.execute(select(inbox)).all()) == []
    assert await mine.consume(event, effect)
