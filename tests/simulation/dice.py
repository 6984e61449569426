"""Every fault of a simulation is drawn here, so that it can be counted, named and left out."""

from collections import Counter
from collections.abc import Container, Mapping
from random import Random


class Dice:
    """Draws faults by their rates. `calm` ends them; those numbered in `dropped` do not happen."""

    def __init__(
        self, seed: int, rates: Mapping[str, float], dropped: Container[int] = frozenset()
    ) -> None:
        self._random = Random(f"{seed} faults")
        self._rates = rates
        self._dropped = dropped
        self.calm = False
        self.drawn = 0
        self.struck: Counter[str] = Counter()

    def strikes(self, kind: str) -> bool:
        """Whether this fault happens now."""
        rate = self._rates.get(kind, 0.0)
        if self.calm or not rate or self._random.random() >= rate:
            return False
        self.drawn += 1
        if self.drawn in self._dropped:
            return False
        self.struck[kind] += 1
        return True

    def between(self, low: float, high: float) -> float:
        """Some number of seconds."""
        return low + (high - low) * self._random.random()
