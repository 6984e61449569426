"""Simple moving average."""

from collections import deque

from domain.strategies.indicators.period import checked_period


class SMA:
    """The mean of the last `period` values.

    Values are counted in whole units of 10^-decimals and divided once, so the mean is correctly
    rounded whatever came before: averages that are equal on paper are equal here, and a cross is
    never an accident of rounding.
    """

    def __init__(self, period: int, decimals: int = 6) -> None:
        self.warm_up = self._left = checked_period(period)
        self.value: float | None = None
        self._units = deque([0] * period, period)
        self._total = 0
        self._scale = float(10**decimals)
        self._divisor = period * int(10**decimals)

    def update(self, value: float) -> float | None:
        """Take the next value in; the first mean comes with the `period`-th."""
        newest = round(value * self._scale)
        units = self._units
        self._total = total = self._total + newest - units[0]
        units.append(newest)
        if self._left:
            self._left -= 1
            if self._left:
                return None
        self.value = mean = total / self._divisor
        return mean
