"""Prices that do not fit those around them: outliers, and splits that nobody told us of."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from domain.market_data.columns import BarColumns
from domain.market_data.files.raw_rows import Floats, Ints
from domain.market_data.quality.finding import LONGEST_DETAIL, Finding, FindingKind

NEIGHBOURS = 5  # rows looked at on either side
FEWEST = 3  # of them that must be there to call a price an outlier
# By the minutes of a bar: an outlier is this share away from the median of its neighbours …
LEAST_BY_MINUTES = {5: 0.05, 30: 0.08, 240: 0.15, 1440: 0.30}
LEAST_OF_TICKS = 0.05
SPREADS = 12.0  # … and this many times as far as its neighbours' median distance from it.
RATIOS = (2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 40, 50, 100)
RATIO_ERROR = 0.04  # what a price may have moved by itself over a split, …
LEVEL_ERROR = 0.25  # … and those around it in the days before and after
MINUTE = 60 * 1_000_000_000
PAUSE = 180 * MINUTE  # a split falls between sessions

_PRICES = ("open", "high", "low", "close")


def outliers(
    bars: BarColumns, lines: Ints, rows: range, *, least: float, skip: Collection[int] = ()
) -> list[Finding]:
    """Bars of `rows` of which a price is far from the closes before and after, which agree.

    Far is `least` of their median m, up or down in proportion, and SPREADS times their median
    distance from m. They agree where the medians before and behind differ by less than half of
    that: a price that stays where it went is no outlier. Rows with fewer than FEWEST neighbours on
    a side are not judged, nor those in `skip`.
    """
    found = []
    for row in _jumps(bars.high, bars.low, rows, least / 2):
        if row in skip:
            continue
        left = bars.close[max(0, row - NEIGHBOURS) : row]
        right = bars.close[row + 1 : row + 1 + NEIGHBOURS]
        far = _distance_to_be_far(left, right, least)
        if far is None:
            continue
        middle, distance = far
        prices = [float(getattr(bars, name)[row]) for name in _PRICES]
        away = [max(price / middle, middle / price) - 1 for price in prices]
        worst = int(np.argmax(away))
        if away[worst] > distance:
            found.append(
                _finding(
                    FindingKind.OUTLIER,
                    int(bars.open_ts[row]),
                    int(lines[row]),
                    f"{_PRICES[worst]} {prices[worst]:.12g}"
                    f" between {left[-1]:.12g} and {right[0]:.12g}",
                )
            )
    return found


def price_outliers(ts: Ints, price: Floats, lines: Ints, rows: range, name: str) -> list[Finding]:
    """The same of single prices."""
    found = []
    for row in _jumps(price, price, rows, LEAST_OF_TICKS / 2):
        left = price[max(0, row - NEIGHBOURS) : row]
        right = price[row + 1 : row + 1 + NEIGHBOURS]
        far = _distance_to_be_far(left, right, LEAST_OF_TICKS)
        if far is None:
            continue
        middle, distance = far
        value = float(price[row])
        if max(value / middle, middle / value) - 1 > distance:
            text = f"{name} {value:.12g} between {left[-1]:.12g} and {right[0]:.12g}"
            found.append(_finding(FindingKind.OUTLIER, int(ts[row]), int(lines[row]), text))
    return found


def suspected_splits(bars: BarColumns, rows: range, *, daily: bool) -> list[tuple[int, str]]:
    """Rows of `rows` over which the price steps to near an n-th, or n times, and stays there."""
    found = []
    for row in _jumps(bars.high, bars.low, rows, min(RATIOS) * (1 - RATIO_ERROR) - 1, around=0):
        if row == 0 or not (daily or bars.open_ts[row] - bars.ts[row - 1] >= PAUSE):
            continue
        before, after = float(bars.close[row - 1]), float(bars.open[row])
        ratio = _ratio(before / after)
        left = np.median(bars.close[max(0, row - NEIGHBOURS) : row])
        right = np.median(bars.close[row : row + NEIGHBOURS])
        if ratio and abs(float(left / right) / ratio - 1) <= LEVEL_ERROR:
            words = f"{ratio:g}:1" if ratio > 1 else f"1:{1 / ratio:g}"
            found.append((row, f"{before:.12g} to {after:.12g}, about {words}"))
    return found


def split_finding(bars: BarColumns, lines: Ints, row: int, detail: str) -> Finding:
    """A suspected split at this row."""
    return _finding(FindingKind.SUSPECTED_SPLIT, int(bars.open_ts[row]), int(lines[row]), detail)


def _jumps(high: Floats, low: Floats, rows: range, least: float, around: int = 2) -> Sequence[int]:
    """The rows near which the price went by `least` at once: few, so that each is looked at."""
    if len(high) < 2:
        return ()
    top, bottom = np.maximum(high[1:], high[:-1]), np.minimum(low[1:], low[:-1])
    jumps = np.flatnonzero(top > bottom * (1 + least)) + 1
    near: NDArray[np.int64] = np.unique(
        jumps[:, None] + np.arange(-around - bool(around), around + 1)
    )
    found: list[int] = near[(near >= rows.start) & (near < rows.stop)].tolist()
    return found


def _distance_to_be_far(left: Floats, right: Floats, least: float) -> tuple[float, float] | None:
    """The median of the neighbours, and how far from it is far; None where they cannot tell."""
    if min(len(left), len(right)) < FEWEST:
        return None
    both = np.concatenate((left, right))
    middle = float(np.median(both))
    spread = float(np.median(np.abs(both - middle))) / middle
    distance = max(least, SPREADS * spread)
    if abs(float(np.median(left)) - float(np.median(right))) > middle * distance / 2:
        return None
    return middle, distance


def _ratio(step: float) -> float:
    """n for a step near n:1, 1/n for one near 1:n, 0 for neither."""
    up = max(step, 1 / step)
    for ratio in RATIOS:
        if abs(up / ratio - 1) <= RATIO_ERROR:
            return ratio if step > 1 else 1 / ratio
    return 0.0


def least_of(span: int) -> float:
    """From which share on a price can be an outlier, of bars that last `span` nanoseconds."""
    return next(least for most, least in LEAST_BY_MINUTES.items() if span <= most * MINUTE)


def _finding(kind: FindingKind, ts: int, line: int, detail: str) -> Finding:
    return Finding(kind, ts, line=line, detail=detail[:LONGEST_DETAIL])
