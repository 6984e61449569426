"""What every Watch call does: tell what is now, then each change, until the client or we leave."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Generic, TypeVar

from msgspec import Struct

from apps.drain import Drain
from apps.paging import Places
from domain.errors import invalid
from ports.event_bus import Event, EventBus

T = TypeVar("T")

CURSOR_TOO_OLD = "CURSOR_TOO_OLD"
CURSOR_AHEAD = "CURSOR_AHEAD"


class Present(Struct, Generic[T], frozen=True):
    """The object as it stands; changes after it follow."""

    state: T
    cursor: str


class Change(Struct, frozen=True):
    """One event of the object."""

    event: Event
    cursor: str


class Gap(Struct, frozen=True):
    """Changes behind the client's cursor cannot be told any more: the present state follows.

    `reason` is CURSOR_TOO_OLD, or CURSOR_AHEAD when the cursor names an event that this
    installation never had (it was put back from a backup).
    """

    reason: str
    cursor: str


class Streams:
    """Follows objects for clients. One for the whole process."""

    def __init__(self, bus: EventBus, places: Places, drain: Drain) -> None:
        self._bus = bus
        self._places = places
        self._drain = drain

    async def watch(
        self,
        topic: str,
        key: str,
        cursor: str,
        load: Callable[[], Awaitable[tuple[T, int]]],
    ) -> AsyncGenerator[Present[T] | Change | Gap, None]:
        """Without a cursor the present state and then every change; with one, what is behind it.

        `load` gives the present state and the seq of the newest event it contains, read together;
        `settled` makes one for stores that cannot. Never ends by itself: close it (`aclosing`).
        Raises `InvalidRequest` CURSOR_INVALID, and `Unavailable` SERVER_DRAINING when we leave.
        """
        query = ("watch", topic, key)
        after = self._after(query, cursor)
        gap = await self._gap(after)
        if gap:
            yield Gap(gap, cursor)
        if after is None or gap:
            state, after = await load()
            # All behind the oldest that is kept was committed long ago.
            after = max(after, await self._bus.first_seq() - 1)
            yield Present(state, self._places.token(query, after))
        async with aclosing(self.follow(topic, key, after=after)) as events:
            async for event in events:
                yield Change(event, self._places.token(query, event.seq))

    async def has_news(self, topic: str, key: str, cursor: str) -> bool:
        """Whether `watch` would tell anything at once.

        For an object that has ended: without news its watch would wait for ever. Raises
        `InvalidRequest` CURSOR_INVALID.
        """
        after = self._after(("watch", topic, key), cursor)
        if after is None or await self._gap(after):
            return True
        return bool(await self._bus.read(topic, key, after=after, limit=1))

    def follow(self, topic: str, key: str, *, after: int) -> AsyncGenerator[Event, None]:
        """Events behind `after`, without an end.

        Raises `Unavailable` SERVER_DRAINING when we leave.
        """
        return self._drain.end(self._bus.follow(topic, key, after=after))

    def _after(self, query: tuple[str, ...], cursor: str) -> int | None:
        place = self._places.place("cursor", query, cursor)
        if isinstance(place, str):
            raise invalid("cursor", "is not a cursor of a stream", reason="CURSOR_INVALID")
        return place

    async def _gap(self, after: int | None) -> str | None:
        if after is None:
            return None
        if after < await self._bus.first_seq() - 1:
            return CURSOR_TOO_OLD
        return CURSOR_AHEAD if after > await self._bus.last_seq() else None


async def settled(
    bus: EventBus, topic: str, key: str, load: Callable[[], Awaitable[T]]
) -> tuple[T, int]:
    """The state of an object and the seq it is at, for a store that cannot read both together.

    Reads again when the object changed meanwhile, so it suits what changes a few times a second.
    """
    while True:
        seq = await bus.place_of(topic, key)
        state = await load()
        if not await bus.read(topic, key, after=seq, limit=1):
            return state, seq
