"""Aroon."""

from domain.strategies.indicators.period import checked_period
from domain.strategies.indicators.windows import Highest, Lowest


class Aroon:
    """Chande's Aroon (1995): how new the extremes are, −100 to 100.

    `up` is (period − bars since the highest high) / period · 100 over the last period + 1 bars,
    `down` the same for the lowest low; the later of equals counts. `value` is up − down. The
    first come with update number period + 1.
    """

    def __init__(self, period: int = 14) -> None:
        self.warm_up = checked_period(period) + 1
        self.value: float | None = None
        self.up: float | None = None
        self.down: float | None = None
        self._highest, self._lowest = Highest(self.warm_up), Lowest(self.warm_up)

    def update(self, high: float, low: float) -> float | None:
        """Take the next bar in."""
        highest = self._highest.update(high)
        self._lowest.update(low)
        if highest is not None:
            period = self.warm_up - 1
            self.up = 100.0 * (period - self._highest.age) / period
            self.down = 100.0 * (period - self._lowest.age) / period
            self.value = self.up - self.down
        return self.value
