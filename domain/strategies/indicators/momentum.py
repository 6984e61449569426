"""How much a series has moved."""

from collections import deque

from domain.strategies.indicators.period import checked_period
from domain.strategies.indicators.rsi import RSI


class Momentum:
    """The change over `period` updates, x − x₋ₙ, in the unit of its values.

    The first comes with update number period + 1.
    """

    def __init__(self, period: int = 10) -> None:
        self.warm_up = checked_period(period) + 1
        self.value: float | None = None
        self._values: deque[float] = deque(maxlen=self.warm_up)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        self._values.append(value)
        if len(self._values) == self.warm_up:
            self.value = value - self._values[0]
        return self.value


class ROC:
    """The rate of change over `period` updates, (x / x₋ₙ − 1) · 100, in percent; 0 from zero.

    The first comes with update number period + 1.
    """

    def __init__(self, period: int = 10) -> None:
        self.warm_up = checked_period(period) + 1
        self.value: float | None = None
        self._values: deque[float] = deque(maxlen=self.warm_up)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        self._values.append(value)
        if len(self._values) == self.warm_up:
            before = self._values[0]
            self.value = (value / before - 1.0) * 100.0 if before else 0.0
        return self.value


class CMO:
    """Chande's momentum oscillator (1994), −100 to 100: (gains − losses) / (gains + losses) · 100.

    0 when nothing moved. Gains and losses are smoothed as Wilder does for the RSI, so it is
    2 · RSI − 100, as TA-Lib has it; Chande's own takes plain sums. The first comes with update
    number period + 1.
    """

    def __init__(self, period: int = 14) -> None:
        self.value: float | None = None
        self._rsi = RSI(period)
        self.warm_up = self._rsi.warm_up

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        rsi = self._rsi.update(value)
        if rsi is not None:
            self.value = 2.0 * rsi - 100.0
        return self.value
