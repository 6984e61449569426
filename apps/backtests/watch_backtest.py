"""Follows a backtest to its end."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from apps.streams import Change, Present, Streams, settled
from domain.backtests.record import Backtest
from ports.backtest_store import BacktestStore
from ports.event_bus import EventBus

TOPIC = "backtests"

_BACKTEST = msgspec.msgpack.Decoder(Backtest)


class WatchBacktest:
    """The backtest as it stands, then each step, each with the cursor to go on from."""

    def __init__(self, backtests: BacktestStore, streams: Streams, bus: EventBus) -> None:
        self._backtests = backtests
        self._streams = streams
        self._bus = bus

    async def __call__(
        self, tenant: str, backtest_id: str, cursor: str
    ) -> AsyncGenerator[tuple[Backtest, str], None]:
        """Ends with the backtest. Raises NotFound, InvalidRequest and Unavailable."""

        async def load() -> tuple[Backtest, int]:
            return await settled(
                self._bus, TOPIC, backtest_id, lambda: self._backtests.get(tenant, backtest_id)
            )

        backtest = await self._backtests.get(tenant, backtest_id)
        news = self._streams.has_news(TOPIC, backtest_id, cursor)
        if not await news and not backtest.is_active:
            return
        async with aclosing(self._streams.watch(TOPIC, backtest_id, cursor, load)) as told:
            async for one in told:
                match one:
                    case Present(backtest, place):
                        yield backtest, place
                    case Change(event, place):
                        backtest = _BACKTEST.decode(event.payload)
                        yield backtest, place
                if not backtest.is_active:
                    return
