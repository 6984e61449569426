"""The moods of a market: calm, volatile, trending. They last for about a session, and change."""

from typing import NamedTuple

from domain.market_data.synthetic.draws import Draws

BLOCK_MINUTES = 30
CHANGE_ONE_IN = 13  # blocks
LOW, HIGH = 20.0, 5_000.0  # beyond these prices the market turns back


class Regime(NamedTuple):
    """A step of the price has this drift and deviation; the spread is at least so many cents."""

    drift: float
    deviation: float
    spread: int


CALM = Regime(0.0, 0.00014, 1)
VOLATILE = Regime(0.0, 0.0005, 2)
RISING = Regime(0.000008, 0.0002, 1)
FALLING = Regime(-0.000008, 0.0002, 1)
_ALL = (CALM, VOLATILE, RISING, FALLING)


class Mood:
    """The regime as it goes from block to block."""

    def __init__(self) -> None:
        self._regime = CALM

    def next_block(self, price: float, draws: Draws) -> Regime:
        """The regime of the next block of minutes, at this price."""
        if draws.one_below(CHANGE_ONE_IN) == 0:
            self._regime = _ALL[draws.one_below(len(_ALL))]
        if price < LOW:
            self._regime = RISING
        elif price > HIGH:
            self._regime = FALLING
        return self._regime
