"""Exponential moving average."""

from domain.strategies.indicators.period import checked_period


class EMA:
    """Exponential mean, e + 2 / (period + 1) · (x − e), begun with the mean of `period` values.

    In the unit of its values. The first comes with the `period`-th update.
    """

    def __init__(self, period: int) -> None:
        self.warm_up = self._left = checked_period(period)
        self.value: float | None = None
        self._weight = 2.0 / (period + 1)
        self._sum = 0.0

    def update(self, value: float) -> float | None:
        """Take the next value in; the first mean comes with the `period`-th."""
        if self.value is not None:
            self.value = mean = self.value + self._weight * (value - self.value)
            return mean
        self._sum += value
        self._left -= 1
        if not self._left:
            self.value = self._sum / self.warm_up
        return self.value
