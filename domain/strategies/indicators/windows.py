"""What lies in the last `period` values, at a constant price an update and without drift.

Values come in blocks of `period`. A window is the end of the block before and the beginning of
the present one; both are summed on their own, the former backwards once a block. Nothing is ever
taken away from a sum, so a value that has left leaves no trace, however large it was. Each
`update` returns None until the window is full.
"""

from collections import deque
from itertools import accumulate

ROUNDING = 1e-14  # what differs by less is equal on paper, as TA-Lib has it


class WindowSum:
    """The sum of the last `period` values."""

    __slots__ = ("_block", "_is_full", "_rest", "_sum")

    def __init__(self, period: int) -> None:
        self._block: list[float] = []
        self._rest = [0.0] * period  # what is left of the block before, the shortest end first
        self._sum = 0.0
        self._is_full = False

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        self._block.append(value)
        self._sum += value
        total = self._rest.pop() + self._sum
        if not self._rest:
            self._rest = list(accumulate(self._block[:0:-1], initial=0.0))
            self._block.clear()
            self._sum = 0.0
            self._is_full = True
        return total if self._is_full else None


class WindowTrend:
    """The sum of the last `period` values, and their sum weighted 1, 2, …, `period`."""

    __slots__ = ("_block", "_is_full", "_rest", "_sum", "_weighted")

    def __init__(self, period: int) -> None:
        self._block: list[float] = []
        self._rest = [(0.0, 0.0)] * period
        self._sum = self._weighted = 0.0
        self._is_full = False

    def update(self, value: float) -> tuple[float, float] | None:
        """Take the next value in."""
        self._block.append(value)
        self._sum += value
        self._weighted += len(self._block) * value
        rest, weighted = self._rest.pop()
        before = len(self._rest)  # so many older values push the weights of the block up
        total = rest + self._sum, weighted + before * self._sum + self._weighted
        if not before:
            self._turn()
        return total if self._is_full else None

    def _turn(self) -> None:
        sums = list(accumulate(self._block[:0:-1], initial=0.0))
        self._rest = list(zip(sums, accumulate(sums), strict=True))
        self._block.clear()
        self._sum = self._weighted = 0.0
        self._is_full = True


class WindowMoments:
    """Mean and sum of squared deviations of the last `period` values.

    The two parts are joined by their means, as Chan, Golub and LeVeque do (1979), so that close
    values far from zero lose no digits.
    """

    __slots__ = ("_block", "_is_full", "_mean", "_period", "_rest", "_squares")

    def __init__(self, period: int) -> None:
        self._period = period
        self._block: list[float] = []
        self._rest = [(0.0, 0.0)] * period
        self._mean = self._squares = 0.0
        self._is_full = False

    def update(self, value: float) -> tuple[float, float] | None:
        """Take the next value in."""
        self._block.append(value)
        count = len(self._block)
        self._mean, self._squares = _joined(self._mean, self._squares, value, count)
        mean, squares = self._rest.pop()
        before = len(self._rest)
        apart = self._mean - mean
        both = (
            mean + apart * count / self._period,
            squares + self._squares + apart * apart * count * before / self._period,
        )
        if not before:
            self._turn()
        return both if self._is_full else None

    def _turn(self) -> None:
        mean = squares = 0.0
        self._rest = [(mean, squares)]
        for count, value in enumerate(self._block[:0:-1], 1):
            mean, squares = _joined(mean, squares, value, count)
            self._rest.append((mean, squares))
        self._block.clear()
        self._mean = self._squares = 0.0
        self._is_full = True


def _joined(mean: float, squares: float, value: float, count: int) -> tuple[float, float]:
    """Both with one value more, now `count` of them, by Welford's steps (1962)."""
    apart = value - mean
    mean += apart / count
    return mean, squares + apart * (value - mean)


class Highest:
    """The highest of the last `period` values; `age` says how many updates ago it last came."""

    __slots__ = ("_count", "_falling", "_period", "age")

    def __init__(self, period: int) -> None:
        self.age = 0
        self._period = period
        self._count = 0
        self._falling: deque[tuple[int, float]] = deque()

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        count = self._count = self._count + 1
        falling = self._falling
        while falling and falling[-1][1] <= value:
            falling.pop()
        falling.append((count, value))
        place, highest = falling[0]
        if place <= count - self._period:
            falling.popleft()
            place, highest = falling[0]
        self.age = count - place
        return highest if count >= self._period else None


class Lowest(Highest):
    """The lowest of the last `period` values, otherwise as `Highest`."""

    __slots__ = ()

    def update(self, value: float) -> float | None:
        """Take the next value in."""
        found = super().update(-value)
        return None if found is None else -found
