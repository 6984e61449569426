"""Streams what is kept in batches, and what is imported later: bars, quotes, trades."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol, TypeVar

from apps.drain import Drain, draining
from domain.errors import invalid
from ports.event_bus import EventBus

DEFAULT_BATCH = 256
LARGEST_BATCH = 1024

C = TypeVar("C", bound="Columns")
C_co = TypeVar("C_co", bound="Columns", covariant=True)


class Columns(Protocol):
    """Rows of a series, oldest first."""

    def __len__(self) -> int: ...

    def slice(self: C, start: int, end: int) -> C:
        """The rows from `start` up to, not including, `end`."""
        ...


class Reading(Protocol[C_co]):
    """A series on its way to one reader; it knows how far it has been read."""

    topic: str
    key: str
    """Where the bus tells that something was appended."""

    async def next_piece(self) -> C_co:
        """What follows, up to the end of the query; empty where nothing more is kept."""
        ...

    async def is_over(self) -> bool:
        """Whether something is kept from the end of the query on, so that its range is complete."""
        ...


class StreamSeries:
    """Tells every row once, oldest first."""

    def __init__(self, bus: EventBus, drain: Drain) -> None:
        self._bus = bus
        self._drain = drain

    async def __call__(
        self, reading: Reading[C], *, batch: int, follow: bool
    ) -> AsyncGenerator[C, None]:
        """Batches of `batch` rows at most; none is empty.

        Ends at the last row that is kept; with `follow` it waits for later ones, up to the end of
        the query. What is imported behind the stream's place is not told. Raises Unavailable
        (SERVER_DRAINING) when we leave.
        """
        async with aclosing(self._drain.end(self._pieces(reading, follow))) as pieces:
            async for piece in pieces:
                for start in range(0, len(piece), batch):
                    yield piece.slice(start, start + batch)
                    if self._drain.started:
                        raise draining()

    async def _pieces(self, reading: Reading[C], follow: bool) -> AsyncGenerator[C, None]:
        while True:
            # Before reading: what is imported meanwhile wakes us.
            seq = await self._bus.place_of(reading.topic, reading.key)
            async with aclosing(_read_ahead(reading)) as pieces:
                async for piece in pieces:
                    yield piece
            if not follow or await reading.is_over():
                return
            await self._news(reading, seq)

    async def _news(self, reading: Reading[C], seq: int) -> None:
        events = self._bus.follow(reading.topic, reading.key, after=seq)
        async with aclosing(events) as news:  # type: ignore[type-var]
            async for _ in news:
                return


def batch_size(asked: int) -> int:
    """256 where nothing was asked, 1024 at most. Raises InvalidRequest (OUT_OF_RANGE)."""
    if asked < 0:
        raise invalid("batch_size", "must not be negative", reason="OUT_OF_RANGE")
    return min(asked or DEFAULT_BATCH, LARGEST_BATCH)


async def _read_ahead(reading: Reading[C]) -> AsyncGenerator[C, None]:
    """The pieces to the end; the next one is read while the client takes one."""
    following = asyncio.ensure_future(reading.next_piece())
    try:
        while len(piece := await following):
            following = asyncio.ensure_future(reading.next_piece())
            yield piece
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
