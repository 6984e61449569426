"""Follows long work to its end."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Generic, Protocol, TypeVar

import msgspec

from apps.streams import Change, Present, Streams, settled
from ports.event_bus import EventBus


class Job(Protocol):
    """Work that ends."""

    @property
    def is_active(self) -> bool: ...


J = TypeVar("J", bound=Job)


class WatchJob(Generic[J]):
    """The job as it stands, then each change, each with the cursor to go on from."""

    def __init__(
        self,
        streams: Streams,
        bus: EventBus,
        topic: str,
        kind: type[J],
        get: Callable[[str, str], Awaitable[J]],
    ) -> None:
        self._streams = streams
        self._bus = bus
        self._topic = topic
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._get = get

    async def __call__(
        self, tenant: str, job_id: str, cursor: str
    ) -> AsyncGenerator[tuple[J, str], None]:
        """Ends with the job. Raises NotFound, InvalidRequest (CURSOR_INVALID) and Unavailable."""

        async def load() -> tuple[J, int]:
            return await settled(self._bus, self._topic, job_id, lambda: self._get(tenant, job_id))

        job = await self._get(tenant, job_id)
        if not await self._streams.has_news(self._topic, job_id, cursor) and not job.is_active:
            return
        async with aclosing(self._streams.watch(self._topic, job_id, cursor, load)) as told:
            async for one in told:
                match one:
                    case Present(job, place):
                        yield job, place
                    case Change(event, place):
                        job = self._decode(event.payload)
                        yield job, place
                if not job.is_active:
                    return
