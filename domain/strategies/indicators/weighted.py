"""Averages that weigh by place, and the line through a window."""

from math import isqrt

from domain.strategies.indicators.period import checked_period
from domain.strategies.indicators.windows import WindowSum, WindowTrend


class WMA:
    """Linearly weighted mean: Σ i·xᵢ / Σ i over the last `period` values, the newest weighing most.

    In the unit of its values. The first comes with the `period`-th update.
    """

    def __init__(self, period: int) -> None:
        self.warm_up = checked_period(period)
        self.value: float | None = None
        self._trend = WindowTrend(period)
        self._divisor = period * (period + 1) / 2

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        sums = self._trend.update(value)
        if sums is not None:
            self.value = sums[1] / self._divisor
        return self.value


class TRIMA:
    """Triangular mean: a simple mean of simple means, so the middle of the window weighs most.

    The two lengths are (period + 1) / 2 each, or period / 2 and one more if that is no whole
    number. In the unit of its values. The first comes with the `period`-th update.
    """

    def __init__(self, period: int) -> None:
        self.warm_up = checked_period(period)
        self.value: float | None = None
        outer, inner = period // 2 + 1, (period + 1) // 2
        self._inner, self._outer = WindowSum(inner), WindowSum(outer)
        self._divisor = float(inner * outer)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        inner = self._inner.update(value)
        if inner is None:
            return None
        outer = self._outer.update(inner)
        if outer is not None:
            self.value = outer / self._divisor
        return self.value


class HMA:
    """Hull's mean (2005): WMA(2 · WMA(x, period / 2) − WMA(x, period), √period).

    Half the period and its root are rounded down. In the unit of its values. The first comes with
    update number period + √period − 1; a period has at least two.
    """

    def __init__(self, period: int = 20) -> None:
        root = isqrt(checked_period(period, least=2))
        self.warm_up = period + root - 1
        self.value: float | None = None
        self._half, self._whole, self._root = WMA(period // 2), WMA(period), WMA(root)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        half, whole = self._half.update(value), self._whole.update(value)
        if half is not None and whole is not None:
            self.value = self._root.update(2.0 * half - whole)
        return self.value


class LinearRegression:
    """The end of the straight line that fits the last `period` values best, by least squares.

    `value` is the line at the newest of them, 3 · WMA − 2 · SMA, in their unit; `slope` is how
    much it rises an update, 6 · (WMA − SMA) / (period − 1), and `forecast` the line one update
    on. The first comes with the `period`-th
    update; a period has at least two.
    """

    def __init__(self, period: int = 14) -> None:
        self.warm_up = checked_period(period, least=2)
        self.value: float | None = None
        self.slope: float | None = None
        self.forecast: float | None = None
        self._trend = WindowTrend(period)
        self._divisor = period * (period + 1) / 2

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        sums = self._trend.update(value)
        if sums is not None:
            mean, weighted = sums[0] / self.warm_up, sums[1] / self._divisor
            self.slope = 6.0 * (weighted - mean) / (self.warm_up - 1)
            self.value = 3.0 * weighted - 2.0 * mean
            self.forecast = self.value + self.slope
        return self.value
