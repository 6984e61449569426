"""The equity curve: one value a bar, worked out a window at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.backtests.tables import times_of
from domain.instruments import Instrument
from domain.values import MONEY_SCALE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class EquityCurve(Struct, frozen=True, eq=False):
    """Money at each bar's close, open positions at the last close; `ts` in nanoseconds UTC."""

    ts: Ints
    equity: Floats

    def __len__(self) -> int:
        return len(self.ts)

    @property
    def drawdown(self) -> Floats:
        """How far each value is below the highest so far, as a share of it: zero or negative."""
        peaks = np.maximum.accumulate(self.equity)
        above = peaks > 0
        return np.divide(self.equity, peaks, out=np.ones_like(peaks), where=above) - 1.0

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """`time` (datetime64 in UTC), `equity` and `drawdown`, as a data frame takes them."""
        return {"time": times_of(self.ts), "equity": self.equity, "drawdown": self.drawdown}


class Steps:
    """What the fills of a window left behind, column by column.

    For each: the row whose bar it met, the place of the instrument among those of the backtest,
    the quantity held after it and the cash.
    """

    __slots__ = ("cash", "places", "quantities", "rows")

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.places: list[int] = []
        self.quantities: list[int] = []
        self.cash: list[int] = []

    def add(self, row: int, place: int, quantity: int, cash: int) -> None:
        """Note one, not before the last."""
        self.rows.append(row)
        self.places.append(place)
        self.quantities.append(quantity)
        self.cash.append(cash)


class CurveBuilder:
    """Collects the curve and how much of it was spent in the market.

    Between fills quantity and cash do not change, so a window is a few array operations and the
    loop over bars pays nothing.
    """

    def __init__(self, instruments: Sequence[Instrument], cash: int) -> None:
        self._factors = [one.quantity_factor for one in instruments]
        self._cash = cash
        self._quantity = [0] * len(instruments)
        self._value = [0.0] * len(instruments)
        self._ts: list[Ints] = []
        self._equity: list[Floats] = []
        self._bars = 0
        self._bars_in_market = 0
        self._gross = 0.0

    def add(self, ts: Ints, close: Floats, which: NDArray[np.intp] | None, steps: Steps) -> None:
        """Take in a window of closes and the fills in it, in the order of rows."""
        values, gross, open_count = self._marks(close, which, steps)
        cash = _held(self._cash, steps.rows, steps.cash, len(ts))
        equity = cash / MONEY_SCALE + values
        self._bars += len(ts)
        self._bars_in_market += int(np.count_nonzero(open_count))
        self._gross += float(np.sum(gross[equity > 0] / equity[equity > 0]))
        self._ts.append(ts)
        self._equity.append(equity)
        if steps.cash:
            self._cash = steps.cash[-1]

    @property
    def curve(self) -> EquityCurve:
        """All of it so far."""
        if len(self._ts) > 1:  # join once, so that a long curve is not held twice for long
            self._ts = [np.concatenate(self._ts)]
            self._equity = [np.concatenate(self._equity)]
        if not self._ts:
            return EquityCurve(np.empty(0, np.int64), np.empty(0, np.float64))
        return EquityCurve(self._ts[0], self._equity[0])

    @property
    def time_in_market(self) -> float | None:
        """Share of bars that closed with a position."""
        return self._bars_in_market / self._bars if self._bars else None

    @property
    def gross_exposure(self) -> float | None:
        """Mean over all bars of what the positions are worth, long and short added, to equity."""
        return self._gross / self._bars if self._bars else None

    def _marks(
        self, close: Floats, which: NDArray[np.intp] | None, steps: Steps
    ) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """Net value, gross value and number of the open positions at each row."""
        count = len(close)
        if which is None:
            held = _held(self._quantity[0], steps.rows, steps.quantities, count)
            values = held / self._factors[0] * close
            self._keep(0, held, values)
            return values, np.abs(values), (held != 0).astype(np.int64)
        net, gross = np.zeros(count), np.zeros(count)
        opened = np.zeros(count, np.int64)
        net_before = sum(self._value)
        gross_before = sum(map(abs, self._value))
        open_before = sum(quantity != 0 for quantity in self._quantity)
        step_rows, step_places = np.array(steps.rows, np.intp), np.array(steps.places, np.intp)
        step_quantities = np.array(steps.quantities, np.int64)
        order = np.argsort(which, kind="stable")
        bounds = np.searchsorted(which[order], np.arange(len(self._factors) + 1))
        for index, factor in enumerate(self._factors):
            own = step_places == index
            if not self._quantity[index] and not own.any():
                continue
            rows = order[bounds[index] : bounds[index + 1]]
            if not len(rows):
                continue
            own_rows = np.searchsorted(rows, step_rows[own])
            held = _held(self._quantity[index], own_rows, step_quantities[own], len(rows))
            values = held / factor * close[rows]
            net[rows] = np.diff(values, prepend=self._value[index])
            gross[rows] = np.diff(np.abs(values), prepend=abs(self._value[index]))
            opened[rows] = np.diff((held != 0).astype(np.int64), prepend=self._quantity[index] != 0)
            self._keep(index, held, values)
        return (
            net_before + np.cumsum(net),
            gross_before + np.cumsum(gross),
            open_before + np.cumsum(opened),
        )

    def _keep(self, index: int, held: Ints, values: Floats) -> None:
        if len(held):
            self._quantity[index], self._value[index] = int(held[-1]), float(values[-1])


def _held(
    before: int, rows: Sequence[int] | Ints, values: Sequence[int] | Ints, count: int
) -> Ints:
    """`before` until the first of `rows`, then the value of each, for `count` rows."""
    if not len(rows):
        return np.full(count, before, np.int64)
    starts = np.concatenate(([0], rows, [count]))
    return np.repeat(np.concatenate(([before], values)), np.diff(starts))
