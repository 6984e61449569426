"""The last price known of an instrument that no replay drives."""

from msgspec import Struct

from ports.bar_store import BarSeries, BarStore


class LastPrice(Struct, frozen=True):
    """A price and its time; 0.0 where nothing is kept."""

    price: float = 0.0
    ts: int = 0


class LastPrices:
    """The close of the newest bar that is kept, in today's shares."""

    def __init__(self, bars: BarStore) -> None:
        self._bars = bars
        self._known: dict[BarSeries, LastPrice] = {}

    async def __call__(self, instrument_id: str) -> LastPrice:
        """The price, and when that bar closed."""
        kept = [one for one in await self._bars.series() if one.instrument_id == instrument_id]
        if not kept:
            return LastPrice()
        newest = max(kept, key=lambda series: series.last_open_ts)
        if newest not in self._known:
            self._known[newest] = await self._close(newest)
        return self._known[newest]

    async def _close(self, series: BarSeries) -> LastPrice:
        last = await self._bars.read(
            series.instrument_id, series.timeframe, start_ts=series.last_open_ts
        )
        return LastPrice(float(last.close[-1]), int(last.ts[-1])) if len(last) else LastPrice()
