"""Follows the kill switches that concern a tenant."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec
from msgspec import Struct

from apps.streams import Change, Gap, Present, Streams, settled
from domain.orders.kill_switch import KillSwitch
from ports.event_bus import EventBus
from ports.kill_switch import KillSwitchStore

TOPIC = "kill_switches"
MOST = 100

_switch_of = msgspec.msgpack.Decoder(KillSwitch).decode


class Changed(Struct, frozen=True):
    """One switch after a change."""

    switch: KillSwitch
    cursor: str


class WatchKillSwitches:
    """Those that are engaged, then each change: a cursor leaves no hole and no duplicate."""

    def __init__(self, kills: KillSwitchStore, streams: Streams, bus: EventBus) -> None:
        self._kills = kills
        self._streams = streams
        self._bus = bus

    async def __call__(
        self, tenant: str, cursor: str
    ) -> AsyncGenerator[Present[Sequence[KillSwitch]] | Changed | Gap, None]:
        """Never ends by itself. Raises what `Streams.watch` raises."""

        async def engaged() -> Sequence[KillSwitch]:
            return await self._kills.page(tenant, engaged_only=True, before=0, limit=MOST)

        async def load() -> tuple[Sequence[KillSwitch], int]:
            return await settled(self._bus, TOPIC, tenant, engaged)

        async with aclosing(self._streams.watch(TOPIC, tenant, cursor, load)) as updates:
            async for update in updates:
                if isinstance(update, Change):
                    yield Changed(_switch_of(update.event.payload), update.cursor)
                else:
                    yield update
