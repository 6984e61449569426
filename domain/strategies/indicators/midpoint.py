"""The middle of what a series has come through."""

from domain.strategies.indicators.period import checked_period
from domain.strategies.indicators.windows import Highest, Lowest


class MidPoint:
    """(highest + lowest) / 2 of the last `period` values, in their unit.

    The first comes with the `period`-th update.
    """

    def __init__(self, period: int = 14) -> None:
        self.warm_up = checked_period(period)
        self.value: float | None = None
        self._highest, self._lowest = Highest(period), Lowest(period)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        highest, lowest = self._highest.update(value), self._lowest.update(value)
        if highest is not None and lowest is not None:
            self.value = (highest + lowest) / 2.0
        return self.value
