"""Where a close lies in the range of a window."""

from domain.strategies.indicators.period import checked_period
from domain.strategies.indicators.rsi import RSI
from domain.strategies.indicators.windows import Highest, Lowest, WindowSum


class Stochastic:
    """Lane's stochastic, 0 to 100: where the close lies in the range of the last `period` bars.

    %K is (close − lowest) / (highest − lowest) · 100, 0 in a range of nothing. `value` is its mean
    over `smooth` bars, `signal` the mean of that over `signal` bars, known as %D. The first come
    with update number period + smooth + signal − 2; `smooth=1` makes the fast stochastic.
    """

    def __init__(self, period: int = 14, smooth: int = 3, signal: int = 3) -> None:
        self.warm_up = checked_period(period) - 2
        self.warm_up += checked_period(smooth, "smooth") + checked_period(signal, "signal")
        self.value: float | None = None
        self.signal: float | None = None
        self._smooth, self._signal = smooth, signal
        self._highest, self._lowest = Highest(period), Lowest(period)
        self._smoothed, self._signals = WindowSum(smooth), WindowSum(signal)

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar in."""
        highest, lowest = self._highest.update(high), self._lowest.update(low)
        if highest is None or lowest is None:
            return None
        smoothed = self._smoothed.update(_place(close, highest, lowest))
        if smoothed is None:
            return None
        smoothed /= self._smooth
        signals = self._signals.update(smoothed)
        if signals is not None:
            self.value, self.signal = smoothed, signals / self._signal
        return self.value


class StochasticRSI:
    """Chande and Kroll's stochastic of an RSI (1994), 0 to 100.

    `value` says where RSI(period) lies in its range over the last `window` updates, 0 in a range
    of nothing; `signal` is the mean of that over `signal` updates. The first come with update
    number period + window + signal − 1.
    """

    def __init__(self, period: int = 14, window: int = 14, signal: int = 3) -> None:
        self._rsi = RSI(period)
        self.warm_up = period + checked_period(window, "window") - 1
        self.warm_up += checked_period(signal, "signal")
        self.value: float | None = None
        self.signal: float | None = None
        self._signal = signal
        self._highest, self._lowest = Highest(window), Lowest(window)
        self._signals = WindowSum(signal)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        rsi = self._rsi.update(value)
        if rsi is None:
            return None
        highest, lowest = self._highest.update(rsi), self._lowest.update(rsi)
        if highest is None or lowest is None:
            return None
        place = _place(rsi, highest, lowest)
        signals = self._signals.update(place)
        if signals is not None:
            self.value, self.signal = place, signals / self._signal
        return self.value


class WilliamsR:
    """Williams' %R, −100 to 0: how far the close is below the high of the last `period` bars.

    −(highest − close) / (highest − lowest) · 100, 0 in a range of nothing. The first comes with
    the `period`-th update.
    """

    def __init__(self, period: int = 14) -> None:
        self.warm_up = checked_period(period)
        self.value: float | None = None
        self._highest, self._lowest = Highest(period), Lowest(period)

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar in."""
        highest, lowest = self._highest.update(high), self._lowest.update(low)
        if highest is not None and lowest is not None:
            span = highest - lowest
            self.value = (close - highest) / span * 100.0 if span else 0.0
        return self.value


def _place(value: float, highest: float, lowest: float) -> float:
    span = highest - lowest
    return (value - lowest) / span * 100.0 if span else 0.0
