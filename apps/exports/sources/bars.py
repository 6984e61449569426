"""Bars of one instrument."""

from apps.exports.sources.rows import PIECE, Pieces, Rows
from apps.exports.sources.tables import BARS, bar_rows
from domain.errors import InvalidRequest
from domain.exports.export import BarsContent
from ports.bar_store import Adjustment, BarStore


class BarRows:
    """All bars are read at once, so that an import meanwhile changes nothing."""

    def __init__(self, bars: BarStore) -> None:
        self._bars = bars

    async def __call__(self, content: BarsContent) -> Rows:
        """Raises InvalidRequest (NO_BARS)."""
        count = await self._bars.count(
            content.instrument_id,
            content.timeframe,
            start_ts=content.start_ts,
            end_ts=content.end_ts,
        )
        if not count:
            raise _no_bars(content)
        return Rows(BARS, count, lambda: self._pieces(content))

    async def _pieces(self, content: BarsContent) -> Pieces:
        bars = await self._bars.read(
            content.instrument_id,
            content.timeframe,
            start_ts=content.start_ts,
            end_ts=content.end_ts,
            adjustment=Adjustment.NONE if content.unadjusted else Adjustment.SPLITS,
        )
        for first in range(0, len(bars), PIECE):
            yield bar_rows(bars.slice(first, first + PIECE))


def _no_bars(content: BarsContent) -> InvalidRequest:
    return InvalidRequest(
        f"there are no {content.timeframe} bars of {content.instrument_id} in this range",
        reason="NO_BARS",
        violations={"instrument_id": f"has no {content.timeframe} bars in this range"},
        instrument_id=content.instrument_id,
        timeframe=content.timeframe,
    )
