"""Streams end when the server leaves, and their source is closed whichever way they end."""

import asyncio

import pytest

from apps.drain import Drain
from domain.errors import Unavailable


class Source:
    """Yields numbers, then waits for ever; notes when it is closed."""

    def __init__(self, count: int, *, waits: bool) -> None:
        self.closed = False
        self._count = count
        self._waits = waits

    async def items(self):
        try:
            for number in range(self._count):
                yield number
            if self._waits:
                await asyncio.Event().wait()
        finally:
            self.closed = True


async def test_a_stream_that_ends_by_itself_just_ends() -> None:
    source = Source(3, waits=False)
    assert [item async for item in Drain().end(source.items())] == [0, 1, 2]
    assert source.closed


async def test_a_waiting_stream_ends_when_draining_starts() -> None:
    drain, source = Drain(), Source(2, waits=True)
    stream = drain.end(source.items())
    assert [await anext(stream), await anext(stream)] == [0, 1]
    asyncio.get_running_loop().call_soon(drain.start)
    with pytest.raises(Unavailable) as refused:
        await anext(stream)
    assert refused.value.reason == "SERVER_DRAINING"
    assert source.closed


async def test_a_busy_stream_ends_too() -> None:
    drain, source, seen = Drain(), Source(1_000_000, waits=False), []

    async def read() -> None:
        async for item in drain.end(source.items()):
            seen.append(item)
            if item == 5:
                drain.start()

    with pytest.raises(Unavailable):
        await read()
    assert len(seen) < 10
    assert source.closed


async def test_a_reader_that_leaves_closes_the_source() -> None:
    source = Source(2, waits=True)
    stream = Drain().end(source.items())
    assert await anext(stream) == 0
    await stream.aclose()
    assert source.closed


async def test_what_the_source_raises_comes_through() -> None:
    async def broken():
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        _ = [item async for item in Drain().end(broken())]


async def test_draining_starts_once_and_stays() -> None:
    drain = Drain()
    assert not drain.started
    drain.start()
    drain.start()
    await drain.wait()
    assert drain.started
