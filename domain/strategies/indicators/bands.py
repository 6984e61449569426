"""How far a series spreads around its mean."""

from collections import deque
from math import sqrt

from domain.strategies.indicators.period import checked_factor, checked_period
from domain.strategies.indicators.windows import ROUNDING, WindowMoments, WindowSum


class StdDev:
    """The standard deviation of the last `period` values, √(Σ (x − mean)² / period).

    In the unit of its values. The first comes with the `period`-th update.
    """

    def __init__(self, period: int = 20) -> None:
        self.warm_up = checked_period(period)
        self.value: float | None = None
        self._moments = WindowMoments(period)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        found = self._moments.update(value)
        if found is not None:
            self.value = sqrt(found[1] / self.warm_up)
        return self.value


class Variance:
    """The variance of the last `period` values, Σ (x − mean)² / period, in their unit squared.

    The first comes with the `period`-th update.
    """

    def __init__(self, period: int = 20) -> None:
        self.warm_up = checked_period(period)
        self.value: float | None = None
        self._moments = WindowMoments(period)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        found = self._moments.update(value)
        if found is not None:
            self.value = found[1] / self.warm_up
        return self.value


class MeanDeviation:
    """The mean distance of the last `period` values from their mean, Σ |x − mean| / period.

    In the unit of its values. The first comes with the `period`-th update. Every distance changes
    with the mean, so an update takes time in proportion to `period`.
    """

    def __init__(self, period: int = 14) -> None:
        self.warm_up = checked_period(period)
        self.value: float | None = None
        self._values: deque[float] = deque(maxlen=period)
        self._sum = WindowSum(period)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        self._values.append(value)
        total = self._sum.update(value)
        if total is None:
            return None
        mean, distance = total / self.warm_up, 0.0
        for one in self._values:
            distance += abs(one - mean)
        self.value = distance / self.warm_up
        return self.value


class Beta:
    """How much a second series moves for a move of the first: cov(r₁, r₂) / var(r₁).

    r are the changes x / x₋₁ − 1, over the last `period` of them; 0 where the first did not move.
    A pure number. The first comes with update number period + 1.
    """

    def __init__(self, period: int = 5) -> None:
        self.warm_up = checked_period(period) + 1
        self.value: float | None = None
        self._period = period
        self._last: tuple[float, float] | None = None
        self._first, self._second, self._squares, self._products = (
            WindowSum(period) for _ in range(4)
        )

    def update(self, first: float, second: float) -> float | None:
        """Take the next value of each in."""
        before, self._last = self._last, (first, second)
        if before is None:
            return None
        x = (first - before[0]) / before[0] if before[0] else 0.0
        y = (second - before[1]) / before[1] if before[1] else 0.0
        sums = self._first.update(x), self._second.update(y)
        squares, products = self._squares.update(x * x), self._products.update(x * y)
        if sums[0] is None or sums[1] is None or squares is None or products is None:
            return None
        spread = self._period * squares - sums[0] * sums[0]
        self.value = (
            (self._period * products - sums[0] * sums[1]) / spread if spread > ROUNDING else 0.0
        )
        return self.value


class BollingerBands:
    """Bollinger's bands: the mean of the last `period` values, and `width` deviations around it.

    `value` is the mean, `upper` and `lower` are mean ± width · √(Σ (x − mean)² / period), all in
    the unit of the values. The first come with the `period`-th update.
    """

    def __init__(self, period: int = 20, width: float = 2.0) -> None:
        self.warm_up = checked_period(period)
        self.value: float | None = None
        self.upper: float | None = None
        self.lower: float | None = None
        self._width = checked_factor(width, "width")
        self._moments = WindowMoments(period)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        found = self._moments.update(value)
        if found is not None:
            mean, squares = found
            reach = self._width * sqrt(squares / self.warm_up)
            self.value, self.upper, self.lower = mean, mean + reach, mean - reach
        return self.value
