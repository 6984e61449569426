"""Simple moving average."""

from collections import deque

from domain.strategies.indicators.period import checked_period

_NEAREST = 1.5 * 2.0**52  # added and taken away again, it leaves the nearest whole number
_EXACT = 2.0**102  # squared: below 2^51 doubles count whole units and the trick above holds


class SMA:
    """The mean of the last `period` values, Σ x / period, in their unit.

    The first comes with the `period`-th update. Values are counted in whole units of 10^-decimals
    and divided once, so the mean is correctly rounded whatever came before: averages that are
    equal on paper are equal here, and a cross is never an accident of rounding.
    """

    def __init__(self, period: int, decimals: int = 6) -> None:
        self.warm_up = self._left = checked_period(period)
        self.value: float | None = None
        self._units: deque[float] = deque([0.0] * period, period)
        self._total: float = 0.0  # whole units in doubles, twice as fast as in integers
        self._scale = float(10**decimals)
        self._divisor: float = period * 10**decimals

    def update(self, value: float) -> float | None:
        """Take the next value in; the first mean comes with the `period`-th."""
        units = self._units
        newest = (value * self._scale + _NEAREST) - _NEAREST
        total = self._total - units[0] + newest  # in this order: what is large leaves first
        if not newest * newest + total * total < _EXACT:  # one test for both, and for NaN
            newest, total = self._in_integers(value)
        self._total = total
        units.append(newest)
        if self._left:
            self._left -= 1
            if self._left:
                return None
        self.value = mean = total / self._divisor
        return mean

    def _in_integers(self, value: float) -> tuple[int, int]:
        """The same where doubles cannot count so far: volumes, sums of large numbers."""
        newest = round(value * self._scale)
        return newest, int(self._total) + newest - int(self._units[0])
