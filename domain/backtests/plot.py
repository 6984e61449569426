"""A backtest drawn: price with its fills, equity, and how far equity was below its peak."""

from collections.abc import Iterable
from math import log10
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from domain.backtests.tables import times_of
from domain.errors import invalid
from domain.orders.request import Side
from domain.reports import svg
from domain.reports.ticks import log_ticks, time_ticks, value_ticks
from domain.strategies.views import Fill

if TYPE_CHECKING:
    from domain.backtests.result import BacktestResult

_TOP, _GAP, _BOTTOM = 34.0, 38.0, 30.0
_PRICE, _EQUITY, _FALL = 230.0, 170.0, 90.0  # heights
_WIDE = 5.0  # a price that grew so many times is drawn by its logarithm
_MOST_TOLD = 300  # fills with words of their own, shown under the pointer
_MARKS = {Side.BUY: ("buy", "l-5 9h10z", 2.0), Side.SELL: ("sell", "l-5 -9h10z", -2.0)}


def plot(result: "BacktestResult", instrument_id: str = "", theme: str = "auto") -> svg.Figure:
    """The figure. `instrument_id` says whose price is drawn, if not the first one's.

    `theme` is auto (as the reader's system), light or dark. Raises InvalidRequest for another
    theme or instrument.
    """
    if theme not in svg.THEMES:
        raise invalid("theme", f"must be one of {', '.join(svg.THEMES)}, not {theme!r}")
    shown = instrument_id or next(iter(result.bars), "")
    if instrument_id and instrument_id not in result.bars:
        raise invalid("instrument_id", f"there are no bars of {instrument_id!r}")
    drawing = _Drawing(result)
    if shown:
        drawing.price(shown)
    drawing.equity()
    drawing.fall()
    title, description = _words(result, shown)
    return svg.Figure(drawing.page(title, description, theme))


class _Drawing:
    """Panels from top to bottom over one axis of time, on which every bar is as wide."""

    def __init__(self, result: "BacktestResult") -> None:
        self._result = result
        self._ts = result.equity.ts
        self._across = svg.Scale(0.0, max(1.0, len(self._ts) - 1.0), svg.LEFT, svg.RIGHT)
        self._ticks = time_ticks(times_of(self._ts))
        self._parts: list[str] = []
        self._y = _TOP

    def price(self, instrument_id: str) -> None:
        """The closes of one instrument, and what was bought and sold of it."""
        bars = self._result.bars[instrument_id]
        fills = [one for one in self._result.fills if one.instrument_id == instrument_id]
        prices = np.array([float(one.price) for one in fills])
        low, high = _extremes(bars.close, prices)
        if high > _WIDE * low:
            name = f"{instrument_id}, logarithmic, ▲ bought ▼ sold"
            scale = self._panel(name, _PRICE, log10(low), log10(high), is_log=True)
            closes, prices = np.log10(bars.close), np.log10(prices)
        else:
            scale = self._panel(f"{instrument_id}, ▲ bought ▼ sold", _PRICE, low, high)
            closes = bars.close
        rows = np.searchsorted(self._ts, bars.ts, "right") - 1
        self._line(rows, closes, scale, "price")
        self._parts.extend(self._marks(fills, scale.places(prices)))

    def equity(self) -> None:
        """Money, and where it ended."""
        values = self._result.equity.equity
        scale = self._panel("Equity", _EQUITY, float(values.min()), float(values.max()))
        self._line(np.arange(len(values)), values, scale, "equity")
        end = f"{self._result.final_equity:,.2f}"
        self._parts.append(svg.text(svg.RIGHT, self._y - _GAP - _EQUITY - 10, end, "end name"))

    def fall(self) -> None:
        """The way below the peak, in percent."""
        values = self._result.equity.drawdown * 100.0
        deepest = float(values.min())
        scale = self._panel("Below its peak, %", _FALL, min(deepest, -0.1), 0.0)
        rows = svg.thinned(values)
        x, y = self._across.places(rows), scale.places(values[rows])
        self._parts.append(svg.area(x, y, scale(0.0), "fall"))
        words = f"deepest {deepest:.2f}%"
        self._parts.append(svg.text(svg.RIGHT, self._y - _GAP - _FALL - 10, words, "end name"))

    def page(self, title: str, description: str, theme: str) -> str:
        """All panels, and below them the times."""
        floor = self._y - _GAP
        parts = list(self._parts)
        for row, name in self._ticks:
            place = self._across(row)
            parts.append(svg.text(place, floor + 18, name, "mid" if place < 915 else "end"))
        return svg.page(parts, floor + _BOTTOM, title=title, description=description, theme=theme)

    def _panel(
        self, name: str, height: float, low: float, high: float, *, is_log: bool = False
    ) -> svg.Scale:
        """Room for one more panel: its name, its grid and its scale."""
        room = (high - low) * 0.04 or abs(high) * 0.01 or 1.0
        top, floor = self._y, self._y + height
        scale = svg.Scale(low - room, high + (room if high else 0.0), floor, top)
        self._parts.append(svg.text(svg.LEFT, top - 10, name, "name"))
        if is_log:
            ticks = [(log10(one), one) for one in log_ticks(10**scale.low, 10**scale.high)]
        else:
            few = value_ticks(scale.low, scale.high, 5 if height > 100 else 3)
            ticks = [(one, one) for one in few]
        for value, tick in ticks:
            place = scale(value)
            self._parts.append(svg.rule(svg.LEFT, place, svg.RIGHT, place))
            self._parts.append(svg.text(svg.LEFT - 8, place + 4, f"{tick:,.10g}", "end"))
        for row, _ in self._ticks:
            self._parts.append(svg.rule(self._across(row), top, self._across(row), floor))
        self._y = floor + _GAP
        return scale

    def _line(
        self, rows: NDArray[np.intp], values: svg.Floats, scale: svg.Scale, kind: str
    ) -> None:
        seen = svg.thinned(values)
        x, y = self._across.places(rows[seen]), scale.places(values[seen])
        self._parts.append(svg.line(x, y, kind))

    def _marks(self, fills: list[Fill], heights: svg.Floats) -> Iterable[str]:
        """A triangle a fill, its tip at the price; each has words while they are few."""
        places = np.searchsorted(self._ts, [one.ts for one in fills])
        for row, fill, height in zip(places.tolist(), fills, heights.tolist(), strict=True):
            kind, shape, apart = _MARKS[fill.side]
            x, y = self._across(min(row, len(self._ts) - 1)), height + apart
            mark = f'<path class="{kind}" d="M{x:.1f} {y:.1f}{shape}"'
            told = f"><title>{_told(fill)}</title></path>" if len(fills) <= _MOST_TOLD else "/>"
            yield mark + told


def _extremes(*columns: svg.Floats) -> tuple[float, float]:
    values = np.concatenate(columns)
    return float(values.min()), float(values.max())


def _told(fill: Fill) -> str:
    did = "bought" if fill.side is Side.BUY else "sold"
    return f"{fill.time:%Y-%m-%d %H:%M}: {did} {fill.quantity:,f} at {fill.price:,f}"


def _words(result: "BacktestResult", shown: str) -> tuple[str, str]:
    """What somebody hears who cannot see the figure."""
    first, last = (str(one)[:10] for one in times_of([result.start_ts, result.end_ts]))
    title = f"Backtest{f' of {shown}' if shown else ''}, {first} to {last}"
    fall = result.equity.drawdown.min() * 100.0
    return title, (
        f"Equity goes from {result.cash:,.2f} to {result.final_equity:,.2f}, at its deepest "
        f"{fall:.2f}% below its peak, with {result.fill_count:,} fills."
    )
