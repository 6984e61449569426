"""How two averages, or two sides of a bar, stand to each other."""

from domain.errors import invalid
from domain.strategies.indicators.ema import EMA
from domain.strategies.indicators.period import checked_period
from domain.strategies.indicators.windows import WindowSum


class APO:
    """The absolute price oscillator: EMA(fast) − EMA(slow), in the unit of its values.

    It differs from the MACD's line in that each average begins with the first values there are.
    The first comes with update number `slow`; `fast` is below it.
    """

    def __init__(self, fast: int = 12, slow: int = 26) -> None:
        _check_order(fast, slow)
        self.warm_up = slow
        self.value: float | None = None
        self._fast, self._slow = EMA(fast), EMA(slow)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        fast, slow = self._fast.update(value), self._slow.update(value)
        if fast is not None and slow is not None:
            self.value = fast - slow
        return self.value


class PPO:
    """The percentage price oscillator: (EMA(fast) − EMA(slow)) / EMA(slow) · 100, in percent.

    0 where the slow average is 0. The first comes with update number `slow`; `fast` is below it.
    """

    def __init__(self, fast: int = 12, slow: int = 26) -> None:
        _check_order(fast, slow)
        self.warm_up = slow
        self.value: float | None = None
        self._fast, self._slow = EMA(fast), EMA(slow)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        fast, slow = self._fast.update(value), self._slow.update(value)
        if fast is not None and slow is not None:
            self.value = (fast - slow) / slow * 100.0 if slow else 0.0
        return self.value


class AwesomeOscillator:
    """Williams' awesome oscillator (1998): SMA(m, fast) − SMA(m, slow) of m = (high + low) / 2.

    A price. The first comes with update number `slow`; `fast` is below it.
    """

    def __init__(self, fast: int = 5, slow: int = 34) -> None:
        _check_order(fast, slow)
        self.warm_up = slow
        self.value: float | None = None
        self._period = fast
        self._fast, self._slow = WindowSum(fast), WindowSum(slow)

    def update(self, high: float, low: float) -> float | None:
        """Take the next bar in."""
        middle = (high + low) / 2.0
        fast, slow = self._fast.update(middle), self._slow.update(middle)
        if fast is not None and slow is not None:
            self.value = fast / self._period - slow / self.warm_up
        return self.value


class BalanceOfPower:
    """Livshin's balance of power (2001), −1 to 1: (close − open) / (high − low).

    0 for a bar without a range. The first comes with the first bar.
    """

    def __init__(self) -> None:
        self.warm_up = 1
        self.value: float | None = None

    def update(self, open_: float, high: float, low: float, close: float) -> float | None:
        """Take the next bar in."""
        span = high - low
        self.value = (close - open_) / span if span > 0.0 else 0.0
        return self.value


class IntradayMomentum:
    """Chande's intraday momentum index, 0 to 100: rises / (rises + falls) · 100.

    They are the sums of close − open over the last `period` bars, each taken by its sign; 50 where
    no bar moved. The first comes with the `period`-th bar.
    """

    def __init__(self, period: int = 14) -> None:
        self.warm_up = checked_period(period)
        self.value: float | None = None
        self._up, self._down = WindowSum(period), WindowSum(period)

    def update(self, open_: float, close: float) -> float | None:
        """Take the next bar in."""
        move = close - open_
        up, down = self._up.update(max(move, 0.0)), self._down.update(max(-move, 0.0))
        if up is not None and down is not None:
            total = up + down
            self.value = up / total * 100.0 if total else 50.0
        return self.value


def _check_order(fast: int, slow: int) -> None:
    if checked_period(fast, "fast") >= checked_period(slow, "slow"):
        raise invalid("fast", f"must be below slow, {fast} is not below {slow}")
