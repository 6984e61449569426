"""Average true range, as a price and as a share of it."""

from domain.strategies.indicators.period import checked_period


class ATR:
    """Wilder's average true range.

    A true range reaches from the previous close, so the first bar has none. Ranges are smoothed
    with the weight 1 / period, begun with the mean of `period` of them: the first value comes
    with update number period + 1.
    """

    def __init__(self, period: int = 14) -> None:
        self.warm_up = checked_period(period) + 1
        self.value: float | None = None
        self._period = self._left = period
        self._close: float | None = None
        self._sum = 0.0

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar in."""
        before, self._close = self._close, close
        if before is None:
            return None
        true_range = max(high, before) - min(low, before)
        if self.value is not None:
            self.value = (self.value * (self._period - 1) + true_range) / self._period
            return self.value
        self._sum += true_range
        self._left -= 1
        if not self._left:
            self.value = self._sum / self._period
        return self.value


class TrueRange:
    """Wilder's true range, a price: from the previous close where the bar does not reach it.

    max(high, close₋₁) − min(low, close₋₁); the first comes with the second bar.
    """

    def __init__(self) -> None:
        self.warm_up = 2
        self.value: float | None = None
        self._close: float | None = None

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar in."""
        before, self._close = self._close, close
        if before is not None:
            self.value = max(high, before) - min(low, before)
        return self.value


class NATR:
    """The average true range in percent of the close, so that instruments compare.

    ATR / close · 100; the first comes with update number period + 1.
    """

    def __init__(self, period: int = 14) -> None:
        self.value: float | None = None
        self._atr = ATR(period)
        self.warm_up = self._atr.warm_up

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar in."""
        atr = self._atr.update(high, low, close)
        if atr is not None:
            self.value = atr / close * 100.0 if close else 0.0
        return self.value
