"""Follows the breaks of an account: those that are open now, then each change."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec
from msgspec import Struct

from apps.streams import Change, Gap, Present, Streams, settled
from domain.orders.reconciliation.breaks import Break
from domain.orders.records import AccountKey
from ports.event_bus import EventBus
from ports.reconciliation_store import ReconciliationStore

TOPIC = "breaks"
MOST = 1000

_break_of = msgspec.msgpack.Decoder(Break).decode


class ToldBreak(Struct, frozen=True):
    """A break after a change."""

    one: Break
    cursor: str


class WatchBreaks:
    """A client that comes back with its cursor sees no hole and no duplicate."""

    def __init__(self, store: ReconciliationStore, streams: Streams, bus: EventBus) -> None:
        self._store = store
        self._streams = streams
        self._bus = bus

    async def __call__(
        self, account: AccountKey, cursor: str
    ) -> AsyncGenerator[Present[tuple[Break, ...]] | ToldBreak | Gap, None]:
        """Never ends by itself. Raises `NotFound`, and what `Streams.watch` raises."""

        async def load() -> tuple[Break, ...]:
            found = await self._store.breaks(
                account.tenant, account.account_id, open_only=True, before=0, limit=MOST
            )
            return tuple(one for _, one in reversed(found))

        async def present() -> tuple[tuple[Break, ...], int]:
            return await settled(self._bus, TOPIC, account.account_id, load)

        await load()
        async with aclosing(
            self._streams.watch(TOPIC, account.account_id, cursor, present)
        ) as updates:
            async for update in updates:
                if isinstance(update, Change):
                    yield ToldBreak(_break_of(update.event.payload), update.cursor)
                else:
                    yield update
