"""Donchian channel."""

from collections import deque

from domain.strategies.indicators.period import checked_period


class Donchian:
    """Donchian's channel: the highest high and the lowest low of the last `period` bars, as prices.

    `update` returns the middle of the channel, for the first time with the `period`-th bar. For a
    breakout compare with `upper` and `lower` before the update: afterwards they hold the present
    bar.
    """

    def __init__(self, period: int) -> None:
        self.warm_up = checked_period(period)
        self.value: float | None = None
        self.upper: float | None = None
        self.lower: float | None = None
        self._count = 0
        self._highs: deque[tuple[int, float]] = deque()  # falling, so the first is the highest
        self._lows: deque[tuple[int, float]] = deque()  # rising

    def update(self, high: float, low: float) -> float | None:
        """Take the next bar in; the first channel comes with the `period`-th."""
        count = self._count = self._count + 1
        highs, lows = self._highs, self._lows
        while highs and highs[-1][1] <= high:
            highs.pop()
        while lows and lows[-1][1] >= low:
            lows.pop()
        highs.append((count, high))
        lows.append((count, low))
        oldest = count - self.warm_up
        if highs[0][0] <= oldest:
            highs.popleft()
        if lows[0][0] <= oldest:
            lows.popleft()
        if count >= self.warm_up:
            self.upper, self.lower = highs[0][1], lows[0][1]
            self.value = (self.upper + self.lower) / 2
        return self.value
