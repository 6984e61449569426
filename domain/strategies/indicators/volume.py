"""What volume says about price."""

from domain.errors import invalid
from domain.strategies.indicators.period import checked_period
from domain.strategies.indicators.windows import ROUNDING, WindowSum


class OBV:
    """Granville's on-balance volume (1963): volume added on a rise, taken away on a fall.

    In the unit of the volume, counted from the first bar, whose volume it begins with: only its
    changes mean anything.
    """

    def __init__(self) -> None:
        self.warm_up = 1
        self.value: float | None = None
        self._close = 0.0

    def update(self, close: float, volume: float) -> float | None:
        """Take the next bar in."""
        if self.value is None:
            self.value = volume
        elif close > self._close:
            self.value += volume
        elif close < self._close:
            self.value -= volume
        self._close = close
        return self.value


class AccumulationDistribution:
    """Chaikin's accumulation and distribution: volume by where the close lies in its bar.

    Adds ((close − low) − (high − close)) / (high − low) · volume, nothing for a bar without a
    range. In the unit of the volume, counted from the first bar: only its changes mean anything.
    """

    def __init__(self) -> None:
        self.warm_up = 1
        self.value: float | None = None
        self._total = 0.0

    def update(self, high: float, low: float, close: float, volume: float) -> float | None:
        """Take the next bar in."""
        span = high - low
        if span > 0.0:
            self._total += ((close - low) - (high - close)) / span * volume
        self.value = self._total
        return self.value


class MFI:
    """The money flow index of Quong and Soudack (1989), 0 to 100: an RSI that weighs by volume.

    A bar's flow is typical price · volume, in where the typical price (high + low + close) / 3
    rose, out where it fell. The index is in / (in + out) · 100 over the last `period` flows, 0
    without any. The first comes with update number period + 1.
    """

    def __init__(self, period: int = 14) -> None:
        self.warm_up = checked_period(period) + 1
        self.value: float | None = None
        self._price: float | None = None
        self._in, self._out = WindowSum(period), WindowSum(period)

    def update(self, high: float, low: float, close: float, volume: float) -> float | None:
        """Take the next bar in."""
        price = (high + low + close) / 3.0
        before, self._price = self._price, price
        if before is None:
            return None
        change, flow = price - before, price * volume
        inward = self._in.update(flow if change > ROUNDING else 0.0)
        outward = self._out.update(flow if change < -ROUNDING else 0.0)
        if inward is not None and outward is not None:
            total = inward + outward
            self.value = 100.0 * (inward / total) if total else 0.0
        return self.value


class ChaikinOscillator:
    """Chaikin's oscillator: the accumulation and distribution's EMA(fast) − EMA(slow).

    Both begin with the first value there is. In the unit of the volume. The first comes with
    update number `slow`; `fast` is below it.
    """

    def __init__(self, fast: int = 3, slow: int = 10) -> None:
        if checked_period(fast, "fast") >= checked_period(slow, "slow"):
            raise invalid("fast", f"must be below slow, {fast} is not below {slow}")
        self.warm_up = self._left = slow
        self.value: float | None = None
        self._flow = AccumulationDistribution()
        self._weights = 2.0 / (fast + 1), 2.0 / (slow + 1)
        self._means: tuple[float, float] | None = None

    def update(self, high: float, low: float, close: float, volume: float) -> float | None:
        """Take the next bar in."""
        flow = self._flow.update(high, low, close, volume) or 0.0
        fast, slow = self._means or (flow, flow)
        fast += self._weights[0] * (flow - fast)
        slow += self._weights[1] * (flow - slow)
        self._means = fast, slow
        self._left -= 1
        if self._left <= 0:
            self.value = fast - slow
        return self.value


class ChaikinMoneyFlow:
    """Chaikin's money flow, −1 to 1: volume by where the close lies in its bar, over all volume.

    Σ ((close − low) − (high − close)) / (high − low) · volume / Σ volume over the last `period`
    bars, 0 without volume. The first comes with the `period`-th bar.
    """

    def __init__(self, period: int = 20) -> None:
        self.warm_up = checked_period(period)
        self.value: float | None = None
        self._flow, self._volume = WindowSum(period), WindowSum(period)

    def update(self, high: float, low: float, close: float, volume: float) -> float | None:
        """Take the next bar in."""
        span = high - low
        flow = ((close - low) - (high - close)) / span * volume if span > 0.0 else 0.0
        flows, volumes = self._flow.update(flow), self._volume.update(volume)
        if flows is not None and volumes is not None:
            self.value = flows / volumes if volumes else 0.0
        return self.value


class VWMA:
    """The mean of the last `period` closes weighted by volume, Σ close · volume / Σ volume.

    The first comes with the `period`-th bar.
    """

    def __init__(self, period: int = 30) -> None:
        self.warm_up = checked_period(period)
        self.value: float | None = None
        self._spent, self._volume = WindowSum(period), WindowSum(period)

    def update(self, close: float, volume: float) -> float | None:
        """Take the next bar in."""
        spent, volumes = self._spent.update(close * volume), self._volume.update(volume)
        if spent is not None and volumes is not None:
            self.value = spent / volumes if volumes else 0.0
        return self.value
