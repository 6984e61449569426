"""Where an axis says a value: at round numbers and at the beginnings of calendar spans."""

from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

_SPANS = (  # from fine to coarse: unit, how many of it, how much is written of a time
    ("m", 1, 16), ("m", 5, 16), ("m", 15, 16), ("m", 30, 16), ("h", 1, 16), ("h", 3, 16),
    ("h", 6, 16), ("h", 12, 16), ("D", 1, 10), ("D", 7, 10), ("M", 1, 7), ("M", 3, 7),
    ("M", 6, 7), ("Y", 1, 4), ("Y", 2, 4), ("Y", 5, 4), ("Y", 10, 4), ("Y", 50, 4),
)  # fmt: skip
_MONDAY = 4  # the first one after the beginning of 1970, from which days are counted
_MOST = 10
_ROOM = 130  # for letters, across the axis


def value_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """At most `most` multiples of 1, 2 or 5 times a power of ten within the range."""
    span = high - low
    power = 10.0 ** floor(log10(span / most))
    step = next(one * power for one in (1, 2, 5, 10, 20) if span / (one * power) <= most - 0.5)
    return [n * step for n in range(ceil(low / step), floor(high / step) + 1)]


def log_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """At most `most` values of 1, 2 or 5 times a power of ten, or powers alone, in the range."""
    powers = [10.0**n for n in range(floor(log10(low)), ceil(log10(high)) + 1)]
    for leads in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        ticks = [lead * power for power in powers for lead in leads if low <= lead * power <= high]
        if len(ticks) <= most:
            break
    return ticks[:: -(-len(ticks) // most)] if ticks else []


def time_ticks(times: NDArray[np.datetime64]) -> list[tuple[int, str]]:
    """At most ten rows of sorted times at which a span of the calendar begins, with its name."""
    for unit, step, length in _SPANS:
        first, last = (one.astype(f"datetime64[{unit}]").astype(int) for one in times[[0, -1]])
        if (last - first) // step > min(_MOST, _ROOM // (length + 2)):
            continue
        offset = _MONDAY if step == 7 else 0
        begin = offset - (offset - first) // step * step
        starts = np.arange(begin, last + 1, step).astype(f"datetime64[{unit}]")
        rows = np.searchsorted(times, starts.astype("datetime64[ns]"))
        found = [
            (int(row), str(start.astype("datetime64[m]")).replace("T", " ")[:length])
            for row, start in zip(rows, starts, strict=True)
            if times[0] <= start and row < len(times)
        ]
        return _apart(found, len(times))
    return []


def _apart(ticks: list[tuple[int, str]], count: int) -> list[tuple[int, str]]:
    """Those that leave room for the words of the one before: time may stand still for long."""
    kept: list[tuple[int, str]] = []
    for row, name in ticks:
        room = count * (len(name) + 2) / _ROOM
        if not kept or row - kept[-1][0] >= room:
            kept.append((row, name))
    return kept
