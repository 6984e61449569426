"""Kaufman's adaptive moving average."""

from collections import deque

from domain.strategies.indicators.period import checked_period
from domain.strategies.indicators.windows import WindowSum

_FAST, _SLOW = 2.0 / 3.0, 2.0 / 31.0  # the weights of an EMA of 2 and of 30


class KAMA:
    """Kaufman's adaptive mean (1995): quick in a trend, slow in noise.

    The efficiency is the change over `period` values to the sum of the changes in between, 1 when
    nothing moved; the weight is (efficiency · (2/3 − 2/31) + 2/31)². It begins with the value
    before the first. In the unit of its values. The first comes with update number period + 1.
    """

    def __init__(self, period: int = 10) -> None:
        self.warm_up = checked_period(period) + 1
        self.value: float | None = None
        self._values: deque[float] = deque(maxlen=period + 1)
        self._path = WindowSum(period)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        values = self._values
        before = values[-1] if values else value
        is_first = not values
        values.append(value)
        path = None if is_first else self._path.update(abs(value - before))
        if path is None:
            return None
        way = abs(value - values[0])
        efficiency = way / path if way < path else 1.0
        weight = efficiency * (_FAST - _SLOW) + _SLOW
        last = before if self.value is None else self.value
        self.value = last + weight * weight * (value - last)
        return self.value
