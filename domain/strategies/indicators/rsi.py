"""Relative strength index."""

from domain.strategies.indicators.period import checked_period


class RSI:
    """Wilder's relative strength index, 0 to 100; 50 when nothing moved.

    Gains and losses are smoothed with the weight 1 / period, begun with the means of the first
    `period` changes: the first value comes with update number period + 1.
    """

    def __init__(self, period: int = 14) -> None:
        self.warm_up = checked_period(period) + 1
        self.value: float | None = None
        self._period = self._left = period
        self._last: float | None = None
        self._gain = 0.0
        self._loss = 0.0

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        if self._last is None:
            self._last = value
            return None
        change, self._last = value - self._last, value
        gain, loss = (change, 0.0) if change > 0.0 else (0.0, -change)
        if self._left:
            self._begin(gain, loss)
        else:
            period = self._period
            self._gain = (self._gain * (period - 1) + gain) / period
            self._loss = (self._loss * (period - 1) + loss) / period
        if not self._left:
            total = self._gain + self._loss
            self.value = 100.0 * self._gain / total if total else 50.0
        return self.value

    def _begin(self, gain: float, loss: float) -> None:
        self._gain += gain
        self._loss += loss
        self._left -= 1
        if not self._left:
            self._gain /= self._period
            self._loss /= self._period
