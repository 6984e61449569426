"""Follows a run to its end."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from apps.streams import Change, Present, Streams, settled
from domain.strategies.run import Run
from ports.event_bus import EventBus
from ports.run_store import RunStore

TOPIC = "runs"

_RUN = msgspec.msgpack.Decoder(Run)


class WatchRun:
    """The run as it stands, then each change, each with the cursor to go on from."""

    def __init__(self, runs: RunStore, streams: Streams, bus: EventBus) -> None:
        self._runs = runs
        self._streams = streams
        self._bus = bus

    async def __call__(
        self, tenant: str, run_id: str, cursor: str
    ) -> AsyncGenerator[tuple[Run, str], None]:
        """Ends with the run. Raises NotFound, InvalidRequest (CURSOR_INVALID) and Unavailable."""

        async def load() -> tuple[Run, int]:
            return await settled(self._bus, TOPIC, run_id, lambda: self._runs.get(tenant, run_id))

        run = await self._runs.get(tenant, run_id)
        if not run.is_active and not await self._streams.has_news(TOPIC, run_id, cursor):
            return
        async with aclosing(self._streams.watch(TOPIC, run_id, cursor, load)) as told:
            async for one in told:
                match one:
                    case Present(run, place):
                        yield run, place
                    case Change(event, place):
                        run = _RUN.decode(event.payload)
                        yield run, place
                if not run.is_active:
                    return
