"""The last price known of an instrument that no replay drives."""

from ports.bar_store import BarSeries, BarStore


class LastPrices:
    """The close of the newest bar that is kept, in today's shares."""

    def __init__(self, bars: BarStore) -> None:
        self._bars = bars
        self._known: dict[BarSeries, float] = {}

    async def __call__(self, instrument_id: str) -> float:
        """The price, or 0.0 when nothing is kept of the instrument."""
        kept = [one for one in await self._bars.series() if one.instrument_id == instrument_id]
        if not kept:
            return 0.0
        newest = max(kept, key=lambda series: series.last_open_ts)
        if newest not in self._known:
            self._known[newest] = await self._close(newest)
        return self._known[newest]

    async def _close(self, series: BarSeries) -> float:
        last = await self._bars.read(
            series.instrument_id, series.timeframe, start_ts=series.last_open_ts
        )
        return float(last.close[-1]) if len(last) else 0.0
