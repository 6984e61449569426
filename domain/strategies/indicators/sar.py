"""Parabolic stop and reverse."""

from domain.strategies.indicators.period import checked_factor


class ParabolicSAR:
    """Wilder's parabolic stop and reverse (1978), a price.

    It closes in on the trend: each bar by `acceleration` of its distance to the extreme of the
    trend, by as much more with each new extreme, at most by `maximum`, and never into the last
    two bars. A bar that touches it turns the trend, and it begins anew at the old extreme. The
    trend begins downwards if the second bar fell more than it rose, and the first value comes
    with that bar. `is_long` says where the trend goes.

    While the trend is down everything is kept with its sign turned, so one rule serves both.
    """

    def __init__(self, acceleration: float = 0.02, maximum: float = 0.2) -> None:
        self.warm_up = 2
        self.value: float | None = None
        self.is_long = True
        self._step = checked_factor(acceleration, "acceleration")
        self._maximum = checked_factor(maximum, "maximum")
        self._weight = min(self._step, self._maximum)
        self._stop = self._extreme = 0.0
        self._last: tuple[float, float] | None = None

    def update(self, high: float, low: float) -> float | None:
        """Take the next bar in."""
        last, self._last = self._last, (high, low)
        if last is None:
            return None
        if self.value is None:
            self._begin(last, high, low)
            last = high, low
        near, far = self._turned(high, low)
        if near <= self._stop:
            self._turn()
            near, far = self._turned(high, low)
            self._stop = min(self._stop, self._turned(*last)[0], near)
            self._extreme = far
            self._keep()
        else:
            self._keep()
            if far > self._extreme:
                self._extreme = far
                self._weight = min(self._weight + self._step, self._maximum)
        stop = self._stop + self._weight * (self._extreme - self._stop)
        self._stop = min(stop, self._turned(*last)[0], near)
        return self.value

    def _begin(self, last: tuple[float, float], high: float, low: float) -> None:
        rise, fall = high - last[0], last[1] - low
        self.is_long = not (fall > 0.0 and fall > rise)
        self._stop = self._turned(*last)[0]
        self._extreme = self._turned(high, low)[1]

    def _turn(self) -> None:
        self.is_long = not self.is_long
        self._stop = -self._extreme
        self._weight = min(self._step, self._maximum)

    def _turned(self, high: float, low: float) -> tuple[float, float]:
        """The side of a bar where the stop is, and the other."""
        return (low, high) if self.is_long else (-high, -low)

    def _keep(self) -> None:
        self.value = self._stop if self.is_long else -self._stop
