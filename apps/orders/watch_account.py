"""Follows an account: what is open in it now, then each change."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec
from msgspec import Struct

from apps.streams import Change, Gap, Present, Streams
from domain.orders.records import (
    AccountKey,
    AccountRecord,
    AccountSnapshot,
    FillRecord,
    OrderRecord,
    PositionRecord,
)
from ports.account_store import AccountStore
from ports.event_bus import Event

TOPIC = "accounts"

Record = OrderRecord | FillRecord | PositionRecord | AccountRecord

_DECODERS: dict[str, msgspec.msgpack.Decoder[Record]] = {
    "order": msgspec.msgpack.Decoder(OrderRecord),
    "fill": msgspec.msgpack.Decoder(FillRecord),
    "position": msgspec.msgpack.Decoder(PositionRecord),
    "account": msgspec.msgpack.Decoder(AccountRecord),
}


class Told(Struct, frozen=True):
    """One thing after a change."""

    record: Record
    cursor: str


class WatchAccount:
    """A client that comes back with its cursor sees no hole and no duplicate."""

    def __init__(self, accounts: AccountStore, streams: Streams) -> None:
        self._accounts = accounts
        self._streams = streams

    async def __call__(
        self, account: AccountKey, cursor: str
    ) -> AsyncGenerator[Present[AccountSnapshot] | Told | Gap, None]:
        """Never ends by itself. Raises `NotFound`, and what `Streams.watch` raises."""
        await self._accounts.get(account.tenant, account.account_id)

        async def load() -> tuple[AccountSnapshot, int]:
            now = await self._accounts.snapshot(account.tenant, account.account_id)
            return now, now.seq

        async with aclosing(
            self._streams.watch(TOPIC, account.account_id, cursor, load)
        ) as updates:
            async for update in updates:
                if isinstance(update, Change):
                    yield Told(_record(update.event), update.cursor)
                else:
                    yield update


def _record(event: Event) -> Record:
    return _DECODERS[event.kind].decode(event.payload)
