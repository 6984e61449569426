"""Chance, the same on any machine: bits of PCG64, whose stream is fixed for ever."""

from typing import TypeAlias

import numpy as np
from numpy.random import PCG64, SeedSequence
from numpy.typing import NDArray

Bits: TypeAlias = NDArray[np.uint64]
Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

_DEVIATION = 37_837.0  # of the sum of four numbers below 65,536
_MEAN = 131_070.0


class Draws:
    """A stream of its own for each purpose of a seed."""

    def __init__(self, seed: int, *purpose: int) -> None:
        self._source = PCG64(SeedSequence((seed, *purpose)))

    def below(self, limits: Ints) -> Ints:
        """A whole number from 0 up to, not including, each limit; limits are 2**31 at most."""
        halves = (self.bits(len(limits)) >> np.uint64(33)).astype(np.int64)
        return (halves * limits) >> 31

    def one_below(self, limit: int) -> int:
        """The same once."""
        return int(self.below(np.array([limit], np.int64))[0])

    def bells(self, count: int) -> Floats:
        """Numbers around 0 with the deviation 1, none beyond 3.5: the sum of four even draws."""
        bits = self.bits(count)
        total = np.zeros(count, np.uint64)
        for shift in (0, 16, 32, 48):
            total += (bits >> np.uint64(shift)) & np.uint64(0xFFFF)
        return (total.astype(np.float64) - _MEAN) / _DEVIATION

    def order(self, count: int) -> Ints:
        """The numbers from 0 to count - 1, shuffled."""
        return np.argsort(self.bits(count), kind="stable").astype(np.int64)

    def bits(self, count: int) -> Bits:
        """64 even bits each."""
        drawn: Bits = self._source.random_raw(count)
        return drawn
