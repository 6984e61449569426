"""How far a series spreads around its mean."""

from math import sqrt

from domain.strategies.indicators.period import checked_factor, checked_period
from domain.strategies.indicators.windows import WindowMoments


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
