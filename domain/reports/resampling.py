"""What else might have come of the same days, or of the same trades.

Draws come from the generator that is passed in, so the same seed tells the same story.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.errors import invalid

Floats = NDArray[np.float64]

ROUNDS = 1_000
MOST_ROUNDS = 100_000
_AT_ONCE = 1_000_000  # values that are drawn together, so that memory stays flat


class Spread(Struct, frozen=True, gc=False):
    """Where the outcomes of all rounds lie: so many percent of them are not above each."""

    percent_5: float
    percent_25: float
    median: float
    percent_75: float
    percent_95: float


class Resampled(Struct, frozen=True, gc=False):
    """Total return and deepest fall over many rounds, and the share of rounds that lost."""

    rounds: int
    total_return: Spread
    max_drawdown: Spread
    loss_probability: float


def resampled_returns(
    returns: Sequence[float],
    random: np.random.Generator,
    *,
    rounds: int = ROUNDS,
    block: int = 1,
) -> Resampled | None:
    """Rounds of as many returns as there were, drawn with replacement and compounded.

    They come in blocks of `block` that followed each other, the first being next after the last
    (the circular block bootstrap of Politis and Romano, 1992): runs of bad days stay together. None
    without returns; raises InvalidRequest for a number of rounds or a block that cannot be.
    """
    _check(rounds, block)
    if not returns:
        return None
    values = np.asarray(returns, np.float64)
    count = len(values)
    ends, falls = _empty(rounds)
    for start, stop in _parts(rounds, count):
        begins = random.integers(0, count, (stop - start, -(-count // block), 1))
        places = (begins + np.arange(block)).reshape(stop - start, -1)[:, :count] % count
        held = np.cumprod(1.0 + values[places], axis=1)
        ends[start:stop], falls[start:stop] = held[:, -1] - 1.0, _deepest(held)
    return _summed_up(ends, falls)


def reordered_trades(
    profits: Sequence[float],
    balance: float,
    random: np.random.Generator,
    *,
    rounds: int = ROUNDS,
) -> Resampled | None:
    """Rounds of the same profits in another order, from the same balance.

    What is won in the end stays; how deep it had to fall on the way was luck. None without trades
    or balance; raises InvalidRequest for a number of rounds that cannot be.
    """
    _check(rounds, 1)
    if not profits or balance <= 0:
        return None
    values = np.asarray(profits, np.float64) / balance
    ends, falls = _empty(rounds)
    for start, stop in _parts(rounds, len(values)):
        orders = random.permuted(np.tile(values, (stop - start, 1)), axis=1)
        held = 1.0 + np.cumsum(orders, axis=1)
        ends[start:stop], falls[start:stop] = held[:, -1] - 1.0, _deepest(held)
    return _summed_up(ends, falls)


def _check(rounds: int, block: int) -> None:
    if not 1 <= rounds <= MOST_ROUNDS:
        raise invalid("rounds", f"must be from 1 to {MOST_ROUNDS}", reason="OUT_OF_RANGE")
    if block < 1:
        raise invalid("block", "must be above zero", reason="OUT_OF_RANGE")


def _empty(rounds: int) -> tuple[Floats, Floats]:
    return np.empty(rounds), np.empty(rounds)


def _parts(rounds: int, count: int) -> list[tuple[int, int]]:
    step = max(1, _AT_ONCE // count)
    return [(start, min(start + step, rounds)) for start in range(0, rounds, step)]


def _deepest(held: Floats) -> Floats:
    """The deepest fall of each row below its highest so far, the 1 it begins with included."""
    peaks = np.maximum(np.maximum.accumulate(held, axis=1), 1.0)
    falls: Floats = np.minimum((held / peaks - 1.0).min(axis=1), 0.0)
    return falls


def _summed_up(ends: Floats, falls: Floats) -> Resampled:
    return Resampled(len(ends), _spread(ends), _spread(falls), float((ends < 0).mean()))


def _spread(values: Floats) -> Spread:
    return Spread(*np.percentile(values, (5, 25, 50, 75, 95)).tolist())
