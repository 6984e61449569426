"""What an event bus promises."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

import pytest

from adapters.sql.database import Database
from adapters.sql.event_bus import SqlEventBus, append_events
from ports.event_bus import Event, EventBus

Tell = Callable[..., Awaitable[None]]


@pytest.fixture
def told(database: Database) -> tuple[EventBus, Tell]:
    async def tell(*texts: str, key: str = "run_1", topic: str = "runs") -> None:
        happened = [Event(0, "local", topic, key, "run", text.encode(), 1) for text in texts]
        await database.write("local", lambda one: append_events(one, happened))

    return SqlEventBus(database), tell


async def first(bus: EventBus, count: int, *, after: int = 0) -> list[str]:
    found: list[str] = []
    async with aclosing(bus.follow("runs", "run_1", after=after)) as events:
        async for event in events:
            found.append(event.payload.decode())
            if len(found) == count:
                break
    return found


async def test_events_of_one_object_come_in_order_behind_a_place(
    told: tuple[EventBus, Tell],
) -> None:
    bus, tell = told
    await tell("a", "b")
    await tell("x", key="run_2")
    await tell("y", topic="accounts")
    await tell("c")
    everything = await bus.read("runs", "run_1", after=0)
    assert [one.payload for one in everything] == [b"a", b"b", b"c"]
    assert [one.seq for one in everything] == sorted({one.seq for one in everything})
    behind = await bus.read("runs", "run_1", after=everything[0].seq, limit=1)
    assert [one.payload for one in behind] == [b"b"]


async def test_who_follows_gets_what_was_and_what_comes(told: tuple[EventBus, Tell]) -> None:
    bus, tell = told
    await tell("a")
    following = asyncio.ensure_future(first(bus, 3))
    for _ in range(20):
        await asyncio.sleep(0)
    await tell("b")
    await tell("c")
    assert await following == ["a", "b", "c"]


async def test_many_may_follow_and_none_misses_anything(told: tuple[EventBus, Tell]) -> None:
    bus, tell = told
    following = [asyncio.ensure_future(first(bus, 30)) for _ in range(10)]
    for number in range(30):
        await tell(str(number))
    for found in await asyncio.gather(*following):
        assert found == [str(number) for number in range(30)]


async def test_what_comes_while_it_looks_is_not_slept_through(
    told: tuple[EventBus, Tell], monkeypatch: pytest.MonkeyPatch
) -> None:
    bus, tell = told
    read, late = bus.read, iter([tell])

    async def slow_read(*arguments: str, **named: int) -> Sequence[Event]:
        found = await read(*arguments, **named)
        for say in late:
            await say("late")
        return found

    monkeypatch.setattr(bus, "read", slow_read)
    assert await asyncio.wait_for(first(bus, 1), 10) == ["late"]


async def test_an_empty_bus_is_at_zero_and_a_full_one_knows_its_ends(
    told: tuple[EventBus, Tell],
) -> None:
    bus, tell = told
    assert (await bus.first_seq(), await bus.last_seq()) == (0, 0)
    await tell("a", "b")
    assert (await bus.first_seq(), await bus.last_seq()) == (1, 2)
