"""How far and how long equity was below its peak."""

from collections.abc import Sequence

from msgspec import Struct

_DAY = 86_400 * 1_000_000_000


class Drawdown(Struct, frozen=True, gc=False):
    """The deepest fall from a peak, and the longest time below one.

    `depth` is negative, as a share of the peak. `recovery_ts` is when the deepest fall was made
    good, None if it never was. `longest_days` are calendar days from a peak to its recovery, or
    to the end.
    """

    depth: float
    peak_ts: int
    trough_ts: int
    recovery_ts: int | None
    longest_days: float


def drawdown_of(ts: Sequence[int], equity: Sequence[float]) -> Drawdown | None:
    """The drawdown of marked equity; None if it never fell, or a peak was not above zero."""
    if not equity:
        return None
    peak, peak_ts = equity[0], ts[0]
    deepest: tuple[float, int, int] | None = None
    recovery_ts: int | None = None
    longest = 0
    below = False
    for now, value in zip(ts, equity, strict=True):
        if value >= peak:
            if below:
                longest = max(longest, now - peak_ts)
                if deepest is not None and recovery_ts is None:
                    recovery_ts = now
            peak, peak_ts, below = value, now, False
            continue
        if peak <= 0:
            return None
        below = True
        depth = value / peak - 1
        if deepest is None or depth < deepest[0]:
            deepest, recovery_ts = (depth, peak_ts, now), None
    if below:
        longest = max(longest, ts[-1] - peak_ts)
    if deepest is None:
        return None
    return Drawdown(*deepest, recovery_ts, longest / _DAY)
