"""Ultimate oscillator."""

from domain.strategies.indicators.period import checked_period
from domain.strategies.indicators.windows import WindowSum

_WEIGHTS = (4.0, 2.0, 1.0)


class UltimateOscillator:
    """Williams' ultimate oscillator (1985), 0 to 100: buying pressure over three spans at once.

    The pressure of a bar is close − min(low, last close), its true range
    max(high, last close) − min(low, last close). The sums of the one over those of the other,
    weighing 4, 2 and 1 from the shortest span to the longest, · 100 / 7; a span without any range
    counts nothing. The first comes with update number long + 1. The spans may come in any order.
    """

    def __init__(self, short: int = 7, middle: int = 14, long: int = 28) -> None:
        checked_period(short, "short")
        spans = sorted((short, checked_period(middle, "middle"), checked_period(long, "long")))
        self.warm_up = spans[-1] + 1
        self.value: float | None = None
        self._close: float | None = None
        self._spans = [
            (weight, WindowSum(span), WindowSum(span))
            for weight, span in zip(_WEIGHTS, spans, strict=True)
        ]

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next bar in."""
        before, self._close = self._close, close
        if before is None:
            return None
        floor = min(low, before)
        pressure, true_range = close - floor, max(high, before) - floor
        total, is_full = 0.0, True
        for weight, pressures, ranges in self._spans:
            pressed, ranged = pressures.update(pressure), ranges.update(true_range)
            if pressed is None or ranged is None:
                is_full = False
            elif ranged:
                total += weight * (pressed / ranged)
        if is_full:
            self.value = 100.0 * (total / 7.0)
        return self.value
