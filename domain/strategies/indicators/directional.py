"""Wilder's directional movement."""

from domain.strategies.indicators.period import checked_period


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


def _smoothed(total: float, value: float, period: int) -> float:
    return total - total / period + value if period else total + value
