"""The bell wakes who waits for the next item, and loses none."""

import asyncio
from collections.abc import AsyncGenerator

from apps.strategies.bell import Bell


async def numbers(count: int, gate: asyncio.Event, closed: list[bool]) -> AsyncGenerator[int, None]:
    """Each as soon as the gate is open; it says when it is closed."""
    try:
        for number in range(count):
            await gate.wait()
            yield number
    finally:
        closed.append(True)


async def test_a_ring_wakes_and_the_item_that_was_awaited_comes_after_it() -> None:
    bell, gate, closed = Bell(), asyncio.Event(), []
    told = bell.between(numbers(2, gate, closed))
    bell.ring()
    assert await anext(told) is None
    gate.set()
    assert await anext(told) == 0
    gate.clear()
    bell.ring()
    assert await anext(told) is None
    gate.set()
    assert [one async for one in told] == [1]
    assert closed == [True]


async def test_many_rings_while_it_is_busy_are_one() -> None:
    bell, gate, closed = Bell(), asyncio.Event(), []
    gate.set()
    heard = []
    async for one in bell.between(numbers(2, gate, closed)):
        heard.append(one)
        if one == 0:
            for _ in range(5):
                bell.ring()
    assert heard == [0, None, 1]


async def test_leaving_closes_what_it_listens_to() -> None:
    bell, gate, closed = Bell(), asyncio.Event(), []
    told = bell.between(numbers(2, gate, closed))
    waiting = asyncio.ensure_future(anext(told))
    bell.ring()
    assert await waiting is None
    await told.aclose()
    assert closed == [True]
