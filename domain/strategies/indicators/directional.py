"""Wilder's directional movement."""

from collections import deque

from domain.strategies.indicators.period import checked_period
from domain.strategies.indicators.windows import WindowSum


class ADX:
    """Wilder's average directional index (1978), 0 to 100: how much of a trend there is.

    Each bar moves up by what its high rose, or down by what its low fell, whichever is more.
    `plus_di` and `minus_di` are these movements over the true ranges, · 100, both smoothed with
    the weight 1 / period; they come with update number period + 1. The index smooths
    |plus − minus| / (plus + minus) · 100 once more and first comes with update number 2 · period.
    Where nothing moves it stays as it was, and begins at 0.
    """

    def __init__(self, period: int = 14) -> None:
        self.warm_up = 2 * checked_period(period)
        self.value: float | None = None
        self.plus_di: float | None = None
        self.minus_di: float | None = None
        self._period = period
        self._count = 0
        self._last = (0.0, 0.0, 0.0)
        self._up = self._down = self._range = 0.0
        self._index = 0.0

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar in."""
        (last_high, last_low, last_close), self._last = self._last, (high, low, close)
        self._count += 1
        if self._count == 1:
            return None
        rise, fall = high - last_high, last_low - low
        up = rise if rise > fall and rise > 0.0 else 0.0
        down = fall if fall > rise and fall > 0.0 else 0.0
        true_range = max(high, last_close) - min(low, last_close)
        fading = self._period if self._count > self._period else 0  # first they only add up
        self._up = _smoothed(self._up, up, fading)
        self._down = _smoothed(self._down, down, fading)
        self._range = _smoothed(self._range, true_range, fading)
        if fading:
            self._advance()
        return self.value

    def _advance(self) -> None:
        """Directions of this bar, and the index made of them."""
        period, whole = self._period, self._range
        self.plus_di = plus = 100.0 * (self._up / whole) if whole else 0.0
        self.minus_di = minus = 100.0 * (self._down / whole) if whole else 0.0
        total = plus + minus
        index = 100.0 * (abs(plus - minus) / total) if total else None
        if self.value is not None:
            if index is not None:
                self.value = (self.value * (period - 1) + index) / period
            return
        self._index += index or 0.0
        if self._count == self.warm_up:
            self.value = self._index / period


class ADXR:
    """Wilder's directional rating (1978), 0 to 100: the mean of the ADX now and period − 1 ago.

    The first comes with update number 3 · period − 1.
    """

    def __init__(self, period: int = 14) -> None:
        self._adx = ADX(period)
        self.warm_up = 3 * period - 1
        self.value: float | None = None
        self._before: deque[float] = deque(maxlen=period)

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar in."""
        index = self._adx.update(high, low, close)
        if index is None:
            return None
        self._before.append(index)
        if len(self._before) == self._before.maxlen:
            self.value = (index + self._before[0]) / 2.0
        return self.value


class Vortex:
    """The vortex of Botes and Siepman (2010): movement up and down over the true ranges.

    `value` is Σ |high − low₋₁| / Σ true range over the last `period` bars, `minus` the same of
    |low − high₋₁|; 0 where nothing moved. Pure numbers. The first come with update number
    period + 1.
    """

    def __init__(self, period: int = 14) -> None:
        self.warm_up = checked_period(period) + 1
        self.value: float | None = None
        self.minus: float | None = None
        self._last: tuple[float, float, float] | None = None
        self._up, self._down, self._range = (WindowSum(period) for _ in range(3))

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar in."""
        before, self._last = self._last, (high, low, close)
        if before is None:
            return None
        last_high, last_low, last_close = before
        up = self._up.update(abs(high - last_low))
        down = self._down.update(abs(low - last_high))
        whole = self._range.update(max(high, last_close) - min(low, last_close))
        if up is not None and down is not None and whole is not None:
            self.value = up / whole if whole else 0.0
            self.minus = down / whole if whole else 0.0
        return self.value


def _smoothed(total: float, value: float, period: int) -> float:
    return total - total / period + value if period else total + value
