"""How far and how long equity was below its peak."""

from collections.abc import Sequence

from msgspec import Struct

_DAY = 86_400 * 1_000_000_000


class Fall(Struct, frozen=True, gc=False):
    """One way below a peak: from it to its lowest point and, unless it goes on, to its recovery.

    `depth` is negative, as a share of the peak. `end_ts` is that of the recovery or, without one,
    of the last mark.
    """

    depth: float
    peak_ts: int
    trough_ts: int
    recovery_ts: int | None
    end_ts: int

    @property
    def days(self) -> float:
        """Calendar days from the peak to the end."""
        return (self.end_ts - self.peak_ts) / _DAY


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
    falls = falls_of(ts, equity)
    if not falls:
        return None
    deepest = min(falls, key=lambda fall: fall.depth)  # the first of those as deep
    return Drawdown(
        deepest.depth,
        deepest.peak_ts,
        deepest.trough_ts,
        deepest.recovery_ts,
        max(fall.days for fall in falls),
    )


def deepest_falls(ts: Sequence[int], equity: Sequence[float], most: int = 10) -> list[Fall]:
    """The deepest ones first, of equal ones the earlier."""
    return sorted(falls_of(ts, equity), key=lambda fall: fall.depth)[:most]


def falls_of(ts: Sequence[int], equity: Sequence[float]) -> list[Fall]:
    """Every fall of marked equity, oldest first; none where it fell from a peak not above zero."""
    found: list[Fall] = []
    if not equity:
        return found
    peak, peak_ts = equity[0], ts[0]
    lowest, lowest_ts = peak, peak_ts
    for now, value in zip(ts, equity, strict=True):
        if value >= peak:
            if lowest < peak:
                found.append(Fall(lowest / peak - 1, peak_ts, lowest_ts, now, now))
            peak, peak_ts = lowest, lowest_ts = value, now
        elif peak <= 0:
            return []
        elif value < lowest:
            lowest, lowest_ts = value, now
    if lowest < peak:
        found.append(Fall(lowest / peak - 1, peak_ts, lowest_ts, None, ts[-1]))
    return found
