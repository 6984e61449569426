"""Longer bars from trades or shorter bars, exactly."""

from collections.abc import Iterable
from datetime import datetime

from domain.errors import InvalidRequest, invalid
from domain.instruments import NANOSECONDS, Instrument, zone
from domain.market_data.bar import Bar
from domain.market_data.timeframe import DAILY, span_of
from domain.market_data.trade import Trade


class BarBuilder:
    """Builds the bars of one instrument at one timeframe, oldest first.

    A bar of minutes or hours begins at a whole multiple of its length since 1970 UTC and takes in
    what happened from its beginning up to, not including, its end. A bar of a day is a session
    from open to close; what lies outside of sessions is left out. A span without trades has no
    bar. Feeding all at once or one by one gives the same bars.
    """

    def __init__(self, instrument: Instrument, timeframe: str) -> None:
        self._instrument = instrument
        self._span = 0 if timeframe == DAILY else span_of(timeframe)
        self._start = self._end = 0
        self._building: Bar | None = None

    def trade(self, trade: Trade) -> Bar | None:
        """Take a trade in; return the bar that is finished by it, if one is."""
        price = trade.price
        return self._take(trade.ts, Bar("", 0, 0, price, price, price, price, trade.size))

    def bar(self, bar: Bar) -> Bar | None:
        """Take a shorter bar in; return the bar that is finished by it, if one is.

        Raises InvalidRequest (`BAR_TOO_LONG`) for one that reaches beyond the bar it is part of.
        """
        finished = self._take(bar.open_ts, bar)
        if self._building is not None and bar.open_ts >= self._start and bar.ts > self._end:
            raise invalid("bars", "a bar reaches beyond the longer one", reason="BAR_TOO_LONG")
        return finished

    def flush(self) -> Bar | None:
        """The bar being built, although more may belong to it; nothing if there is none."""
        building, self._building = self._building, None
        return building

    def _take(self, ts: int, piece: Bar) -> Bar | None:
        building = self._building
        if building is not None and self._start <= ts < self._end:
            self._building = _joined(building, piece)
            return None
        if ts < self._end:
            raise _late()
        span = self._span_at(ts)
        if span is None:
            return None
        self._start, self._end = span
        self._building = Bar(
            self._instrument.instrument_id,
            self._end,
            self._start,
            piece.open,
            piece.high,
            piece.low,
            piece.close,
            piece.volume,
        )
        return building

    def _span_at(self, ts: int) -> tuple[int, int] | None:
        """Beginning and end of the bar that `ts` belongs to; None outside of sessions."""
        if self._span:
            start = ts - ts % self._span
            return start, start + self._span
        instrument = self._instrument
        end = instrument.session_close_after(ts)
        if instrument.session_open == instrument.session_close:
            return instrument.session_close_after(end - 36 * 3600 * NANOSECONDS), end
        day = datetime.fromtimestamp(end // NANOSECONDS, zone(instrument.timezone)).date()
        start = instrument.session_open_of(day)
        return (start, end) if start <= ts else None


def build_bars(instrument: Instrument, timeframe: str, bars: Iterable[Bar]) -> list[Bar]:
    """All longer bars of `bars`, the last one as far as it goes."""
    builder = BarBuilder(instrument, timeframe)
    built = [one for bar in bars if (one := builder.bar(bar)) is not None]
    last = builder.flush()
    return built if last is None else [*built, last]


def _joined(building: Bar, piece: Bar) -> Bar:
    return Bar(
        building.instrument_id,
        building.ts,
        building.open_ts,
        building.open,
        max(building.high, piece.high),
        min(building.low, piece.low),
        piece.close,
        building.volume + piece.volume,
    )


def _late() -> InvalidRequest:
    return invalid("ts", "is before what was taken in already", reason="UNSORTED_TIME")
