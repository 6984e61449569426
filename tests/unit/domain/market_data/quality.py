"""A small venue with a calendar one can reckon with, and bars of it."""

import itertools
from datetime import date, timedelta

import numpy as np

from domain.instruments import Instrument
from domain.market_data.columns import BarColumns
from domain.market_data.corporate_actions import CorporateAction
from domain.market_data.quality.bars import BarInspector
from domain.market_data.quality.finding import Finding, Quality, Tally
from domain.market_data.sessions import Sessions

MINUTE = 60 * 10**9
HOUR = 60 * MINUTE
DAY = 24 * HOUR
VENUE = Instrument("A.XTST", "A", "XTST")  # New York's hours
EPOCH = date(1970, 1, 1)


def sessions(first: date, count: int, *, half_day: date | None = None) -> Sessions:
    """Monday to Friday from `first` on, 14:30 to 21:00 UTC; a half day to 18:00."""
    days = []
    day = first
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    numbers = np.array([(day - EPOCH).days for day in days], np.int64)
    opens = numbers * DAY + 14 * HOUR + 30 * MINUTE
    closes = numbers * DAY + 21 * HOUR
    if half_day is not None:
        closes[days.index(half_day)] -= 3 * HOUR
    return Sessions(
        "XTST",
        "America/New_York",
        int(numbers[0]),
        int(numbers[-1]),
        numbers,
        opens,
        closes,
        closes,
        closes,
    )


def some_bars(opens: "list[int] | np.ndarray", span: int, close: "np.ndarray | None" = None):
    """Bars that open then, at a price around 100 that hardly moves."""
    opens = np.array(opens, np.int64)
    if close is None:
        close = 100 + np.round(np.sin(np.arange(len(opens)) / 7) / 10, 2)
    return BarColumns(
        opens + span,
        opens,
        close - 0.01,
        close + 0.05,
        close - 0.05,
        close,
        np.full(len(opens), 100.0),
    )


def minute_opens(calendar: Sessions, span: int = MINUTE) -> np.ndarray:
    """When the bars of all its sessions open."""
    return np.concatenate(
        [np.arange(a, b, span) for a, b in zip(calendar.opens, calendar.closes, strict=True)]
    )


def look(
    bars: BarColumns,
    calendar: Sessions | None,
    timeframe: str = "1m",
    *,
    cuts: tuple[int, ...] = (),
    lost: "np.ndarray | None" = None,
    actions: tuple[CorporateAction, ...] = (),
) -> tuple[list[Finding], Quality]:
    """What is found, by time; the bars come in pieces that end at `cuts`."""
    inspector = BarInspector(VENUE, timeframe, lambda _: calendar, actions)
    lines = np.arange(2, len(bars) + 2, dtype=np.int64)
    lost = np.zeros(len(bars), np.int64) if lost is None else lost
    edges = [0, *sorted(cuts), len(bars)]
    found: list[Finding] = []
    for start, end in itertools.pairwise(edges):
        found += inspector.take(bars.slice(start, end), lines[start:end], lost[start:end])
    found += inspector.finish()
    tally = Tally()
    tally.add(found)
    return sorted(found, key=lambda one: (one.start_ts, one.kind)), inspector.quality(tally, 9)
