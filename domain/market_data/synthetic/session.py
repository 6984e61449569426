"""One session of a synthetic market: its quotes, and which of them are met by a trade."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from domain.market_data.synthetic.draws import Draws, Floats, Ints
from domain.market_data.synthetic.plan import Pause
from domain.market_data.synthetic.regimes import BLOCK_MINUTES, Mood

MINUTE = 60_000_000_000
MICROSECOND = 1_000
CENTS = 100
LOWEST = 1.0
OVERNIGHT, REOPENING = 0.004, 0.008  # deviations of a jump
TRADED_ONE_IN = 3
ROUND_LOT = 100


class Events(Struct, frozen=True, eq=False):
    """Quotes in the order of time, prices in cents. Those that `is_trade` marks are met by one."""

    ts: Ints
    bid: Ints
    ask: Ints
    bid_size: Ints
    ask_size: Ints
    size: Ints
    is_trade: NDArray[np.bool_]
    is_buy: NDArray[np.bool_]

    def where(self, wanted: NDArray[np.bool_]) -> "Events":
        """Only these."""
        return Events(*(column[wanted] for column in structs.astuple(self)))


def session_events(
    open_ts: int, minutes: int, price: float, pauses: Sequence[Pause], mood: Mood, draws: Draws
) -> tuple[Events, float]:
    """The events of a session that follows a close at `price`, and its own close.

    Every minute that is not paused has a trade.
    """
    shape = _busyness(minutes)
    counts = 2 + draws.below((4 * shape).astype(np.int64))
    minute = np.repeat(np.arange(minutes, dtype=np.int64), counts)
    total = len(minute)
    within = draws.below(np.full(total, MINUTE // MICROSECOND)) * MICROSECOND
    spread, path = _path(minute, price, pauses, mood, draws)
    bid = np.floor(path * CENTS).astype(np.int64) - spread // 2
    lots = np.repeat((20 * shape).astype(np.int64), counts)
    is_trade = draws.below(np.full(total, TRADED_ONE_IN)) == 0
    is_trade[np.cumsum(counts) - counts] = True  # the first of each minute
    events = Events(
        ts=open_ts + np.sort(minute * MINUTE + within),
        bid=bid,
        ask=bid + spread,
        bid_size=ROUND_LOT * (1 + draws.below(lots)),
        ask_size=ROUND_LOT * (1 + draws.below(lots)),
        size=1 + draws.below(ROUND_LOT // 2 * lots),
        is_trade=is_trade,
        is_buy=draws.below(np.full(total, 2)) == 1,
    )
    return events.where(~_paused(minute, pauses)), float(path[-1])


def _busyness(minutes: int) -> Floats:
    """How much happens in each minute: 3 at the open and the close, 1 in the middle."""
    from_middle = (2 * np.arange(minutes) - (minutes - 1)) / max(1, minutes - 1)
    busyness: Floats = 1.0 + 2.0 * from_middle * from_middle
    return busyness


def _path(
    minute: Ints, price: float, pauses: Sequence[Pause], mood: Mood, draws: Draws
) -> tuple[Ints, Floats]:
    """The spread in cents and the price, event by event."""
    blocks = int(minute[-1]) // BLOCK_MINUTES + 1
    regimes = [mood.next_block(price, draws) for _ in range(blocks)]
    block = minute // BLOCK_MINUTES
    drift = np.array([regime.drift for regime in regimes])[block]
    deviation = np.array([regime.deviation for regime in regimes])[block]
    step = drift + deviation * draws.bells(len(minute))
    step[0] += OVERNIGHT * draws.bells(1)[0]
    for pause in pauses:
        if pause.is_halt:
            start, end = np.searchsorted(minute, (pause.start, pause.end))
            step[start:end] = 0.0
            step[end] += REOPENING * draws.bells(1)[0]
    path = np.maximum(price * np.cumprod(1.0 + step), LOWEST)
    spread = np.array([regime.spread for regime in regimes])[block]
    return spread + (path / 100.0).astype(np.int64), path


def _paused(minute: Ints, pauses: Sequence[Pause]) -> NDArray[np.bool_]:
    paused = np.zeros(len(minute), np.bool_)
    for pause in pauses:
        paused |= (minute >= pause.start) & (minute < pause.end)
    return paused
