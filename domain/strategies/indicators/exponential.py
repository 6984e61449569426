"""What is made of exponential averages of exponential averages."""

from domain.errors import invalid
from domain.strategies.indicators.ema import EMA
from domain.strategies.indicators.period import checked_factor, checked_period


class DEMA:
    """Mulloy's double exponential mean (1994): 2 · e − EMA(e) with e = EMA(x).

    Follows faster than an EMA of the same period. In the unit of its values. The first comes with
    update number 2 · period − 1.
    """

    def __init__(self, period: int) -> None:
        self.warm_up = 2 * checked_period(period) - 1
        self.value: float | None = None
        self._first, self._second = EMA(period), EMA(period)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        first = self._first.update(value)
        second = None if first is None else self._second.update(first)
        if first is not None and second is not None:
            self.value = 2.0 * first - second
        return self.value


class TEMA:
    """Mulloy's triple exponential mean (1994): 3 · e − 3 · EMA(e) + EMA(EMA(e)) with e = EMA(x).

    In the unit of its values. The first comes with update number 3 · period − 2.
    """

    def __init__(self, period: int) -> None:
        self.warm_up = 3 * checked_period(period) - 2
        self.value: float | None = None
        self._first, self._second, self._third = EMA(period), EMA(period), EMA(period)

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        first = self._first.update(value)
        second = None if first is None else self._second.update(first)
        third = None if second is None else self._third.update(second)
        if first is not None and second is not None and third is not None:
            self.value = 3.0 * first - 3.0 * second + third
        return self.value


class T3:
    """Tillson's T3 (1998): six exponential means, one of the other, mixed so that they lag less.

    c₁·e₆ + c₂·e₅ + c₃·e₄ + c₄·e₃ with c₁ = −v³, c₂ = 3v² + 3v³, c₃ = −6v² − 3v − 3v³ and
    c₄ = 1 + 3v + v³ + 3v², where v is the `volume` of the mixture. In the unit of its values. The
    first comes with update number 6 · period − 5.
    """

    def __init__(self, period: int = 5, volume: float = 0.7) -> None:
        self.warm_up = 6 * checked_period(period) - 5
        self.value: float | None = None
        self._means = tuple(EMA(period) for _ in range(6))
        v = checked_factor(volume, "volume")
        square, cube = v * v, v * v * v
        self._weights = (
            1.0 + 3.0 * v + cube + 3.0 * square,
            -6.0 * square - 3.0 * v - 3.0 * cube,
            3.0 * square + 3.0 * cube,
            -cube,
        )

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        smooth = value
        for mean in self._means:
            found = mean.update(smooth)
            if found is None:
                return None
            smooth = found
        total = 0.0
        for weight, mean in zip(self._weights, self._means[2:], strict=True):
            total += weight * (mean.value or 0.0)
        self.value = total
        return total


class TRIX:
    """Hutson's TRIX (1983): the change of a threefold exponential mean from update to update.

    In percent. The first comes with update number 3 · period − 1.
    """

    def __init__(self, period: int = 30) -> None:
        self.warm_up = 3 * checked_period(period) - 1
        self.value: float | None = None
        self._means = EMA(period), EMA(period), EMA(period)
        self._last: float | None = None

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        smooth = value
        for mean in self._means:
            found = mean.update(smooth)
            if found is None:
                return None
            smooth = found
        before, self._last = self._last, smooth
        if before is not None:
            self.value = (smooth / before - 1.0) * 100.0 if before else 0.0
        return self.value


class MACD:
    """Appel's convergence and divergence of averages: EMA(fast) − EMA(slow).

    `signal` is its EMA over `signal` updates, `histogram` what it is above that; all in the unit
    of the values. Both averages begin at the same update, each with the mean of its own last
    values. The first value comes with update number slow + signal − 1. `fast` is below `slow`.
    """

    def __init__(self, fast: int = 12, slow: int = 26, signal: int = 9) -> None:
        if checked_period(fast, "fast") >= checked_period(slow, "slow"):
            raise invalid("fast", f"must be below slow, {fast} is not below {slow}")
        self.warm_up = slow + checked_period(signal, "signal") - 1
        self.value: float | None = None
        self.signal: float | None = None
        self.histogram: float | None = None
        self._fast, self._slow, self._signal = EMA(fast), EMA(slow), EMA(signal)
        self._before_fast = slow - fast

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        slow = self._slow.update(value)
        if self._before_fast:
            self._before_fast -= 1
            return None
        fast = self._fast.update(value)
        if fast is None or slow is None:
            return None
        line = fast - slow
        signal = self._signal.update(line)
        if signal is not None:
            self.value, self.signal, self.histogram = line, signal, line - signal
        return self.value
