"""Commodity channel index."""

from collections import deque

from domain.strategies.indicators.period import checked_period
from domain.strategies.indicators.windows import ROUNDING, WindowMoments


class CCI:
    """Lambert's commodity channel index (1980): how unusual the typical price is.

    (p − mean) / (0.015 · mean of |pᵢ − mean|) over the last `period` typical prices
    p = (high + low + close) / 3; 0 when nothing moved. A pure number, mostly −100 to 100. The
    first comes with the `period`-th update. Every deviation changes with the mean, so an update
    takes time in proportion to `period`.
    """

    def __init__(self, period: int = 20) -> None:
        self.warm_up = checked_period(period)
        self.value: float | None = None
        self._prices: deque[float] = deque(maxlen=period)
        self._moments = WindowMoments(period)

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar in."""
        price = (high + low + close) / 3.0
        self._prices.append(price)
        found = self._moments.update(price)
        if found is None:
            return None
        mean = found[0]
        deviation = 0.0
        for one in self._prices:
            deviation += abs(one - mean)
        deviation /= self.warm_up
        self.value = (price - mean) / (0.015 * deviation) if deviation > ROUNDING else 0.0
        return self.value
