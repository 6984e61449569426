"""Channels around an average, as wide as bars reach, and the stop that follows one."""

from domain.strategies.indicators.atr import ATR
from domain.strategies.indicators.ema import EMA
from domain.strategies.indicators.period import checked_factor, checked_period
from domain.strategies.indicators.windows import WindowSum


class Keltner:
    """Keltner's channel: an EMA of typical prices, and `width` true ranges around it.

    `value` is the mean of (high + low + close) / 3, `upper` and `lower` are
    mean ± width · ATR(range_period), all prices. Both begin at the same bar, each with the mean of
    its own last values: the first come with update number max(period, range_period + 1).
    """

    def __init__(self, period: int = 20, range_period: int = 10, width: float = 2.0) -> None:
        checked_period(range_period, "range_period")
        self.warm_up = max(checked_period(period), range_period + 1)
        self.value: float | None = None
        self.upper: float | None = None
        self.lower: float | None = None
        self._width = checked_factor(width, "width")
        self._mean, self._range = EMA(period), ATR(range_period)
        self._before_mean = self.warm_up - period
        self._before_range = self.warm_up - range_period - 1

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar in."""
        mean = reach = None
        if self._before_mean:
            self._before_mean -= 1
        else:
            mean = self._mean.update((high + low + close) / 3.0)
        if self._before_range:
            self._before_range -= 1
        else:
            reach = self._range.update(high, low, close)
        if mean is not None and reach is not None:
            reach *= self._width
            self.value, self.upper, self.lower = mean, mean + reach, mean - reach
        return self.value


class AccelerationBands:
    """Headley's acceleration bands: means of prices that are spread by how far their bar reaches.

    `value` is the mean of the closes, `upper` that of high · (1 + s) and `lower` that of
    low · (1 − s) with s = 4 · (high − low) / (high + low), over the last `period` bars, all
    prices. The first come with the `period`-th bar.
    """

    def __init__(self, period: int = 20) -> None:
        self.warm_up = checked_period(period)
        self.value: float | None = None
        self.upper: float | None = None
        self.lower: float | None = None
        self._closes, self._highs, self._lows = (WindowSum(period) for _ in range(3))

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar in."""
        both = high + low
        spread = 4.0 * (high - low) / both if both else 0.0
        middle = self._closes.update(close)
        upper = self._highs.update(high * (1.0 + spread))
        lower = self._lows.update(low * (1.0 - spread))
        if middle is not None and upper is not None and lower is not None:
            count = self.warm_up
            self.value, self.upper, self.lower = middle / count, upper / count, lower / count
        return self.value


class Supertrend:
    """Seban's supertrend: a stop `width` true ranges from the middle of the bar, moved one way.

    `value` is the stop, a price: below the market while the `trend` is 1, above it while it is −1,
    which is 0 before the first. It turns when the close passes it; it begins with 1. The first
    comes with update number period + 1.
    """

    def __init__(self, period: int = 10, width: float = 3.0) -> None:
        self._range = ATR(period)
        self.warm_up = self._range.warm_up
        self.value: float | None = None
        self.trend = 0
        self._width = checked_factor(width, "width")
        self._upper = self._lower = self._close = 0.0

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar in."""
        before, self._close = self._close, close
        reach = self._range.update(high, low, close)
        if reach is None:
            return None
        middle = (high + low) / 2.0
        upper, lower = middle + self._width * reach, middle - self._width * reach
        if self.value is None:
            self._upper, self._lower, self.trend = upper, lower, 1
        else:
            self._upper = upper if upper < self._upper or before > self._upper else self._upper
            self._lower = lower if lower > self._lower or before < self._lower else self._lower
            goes_on = close >= self._lower if self.trend > 0 else close <= self._upper
            self.trend = self.trend if goes_on else -self.trend
        self.value = self._lower if self.trend > 0 else self._upper
        return self.value
