"""What a look at bars finds, and what it does not take for a fault."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.market_data.corporate_actions import Split
from domain.market_data.quality.finding import FindingKind
from tests.unit.domain.market_data.quality import (
    DAY,
    HOUR,
    MINUTE,
    look,
    minute_opens,
    sessions,
    some_bars,
)

MONDAY = date(2014, 1, 6)
WEEK = sessions(MONDAY, 10)
MINUTES = minute_opens(WEEK)
OPEN = int(WEEK.opens[0])
KINDS = FindingKind


def without(*rows: int) -> np.ndarray:
    return np.delete(MINUTES, rows)


def test_whole_sessions_are_whole() -> None:
    found, quality = look(some_bars(MINUTES, MINUTE), WEEK)
    assert found == []
    assert (quality.calendar, quality.expected_bar_count, quality.missing_bar_count) == (
        "XTST",
        3900,
        0,
    )
    assert (quality.finding_counts, quality.check_ts) == ({}, 9)


def test_a_run_of_missing_bars_is_one_gap() -> None:
    found, quality = look(some_bars(without(5, 6, 7, 100), MINUTE), WEEK)
    assert [(one.kind, one.start_ts, one.end_ts, one.count) for one in found] == [
        (KINDS.GAP, OPEN + 5 * MINUTE, OPEN + 8 * MINUTE, 3),
        (KINDS.GAP, OPEN + 100 * MINUTE, OPEN + 101 * MINUTE, 1),
    ]
    assert (quality.expected_bar_count, quality.missing_bar_count) == (3900, 4)
    assert quality.finding_counts == {"GAP": 2}


def test_a_gap_over_the_night_counts_no_night() -> None:
    opens = without(*range(388, 392))
    [gap], _ = look(some_bars(opens, MINUTE), WEEK)
    assert (gap.start_ts, gap.end_ts, gap.count) == (
        OPEN + 388 * MINUTE,
        int(WEEK.opens[1]) + 2 * MINUTE,
        4,
    )


def test_a_missing_session_is_a_gap_from_its_open_to_its_close() -> None:
    [gap], _ = look(some_bars(without(*range(390, 780)), MINUTE), WEEK)
    assert (gap.start_ts, gap.end_ts, gap.count) == (WEEK.opens[1], WEEK.closes[1], 390)


def test_hours_before_and_after_a_session_are_no_fault_and_fill_no_gap() -> None:
    early = OPEN - np.arange(60, 0, -1) * MINUTE
    late = int(WEEK.closes[0]) + np.arange(30) * MINUTE
    opens = np.sort(np.concatenate((early, without(0, 389), late)))
    found, _ = look(some_bars(opens, MINUTE), WEEK)
    assert [(one.kind, one.start_ts, one.count) for one in found] == [
        (KINDS.GAP, OPEN, 1),
        (KINDS.GAP, OPEN + 389 * MINUTE, 1),
    ]


def test_bars_on_a_closed_day_are_told_as_one_run() -> None:
    saturday = (WEEK.days[4] + 1) * DAY + 15 * HOUR
    opens = np.sort(np.concatenate((MINUTES, saturday + np.arange(7) * MINUTE)))
    found, _ = look(some_bars(opens, MINUTE), WEEK)
    assert [(one.kind, one.start_ts, one.count, one.line) for one in found] == [
        (KINDS.OFF_SESSION, saturday, 7, 5 * 390 + 2)
    ]


def test_a_half_day_ends_early() -> None:
    calendar = sessions(MONDAY, 3, half_day=date(2014, 1, 7))
    found, quality = look(some_bars(minute_opens(calendar), MINUTE), calendar)
    assert (found, quality.expected_bar_count) == ([], 390 + 210 + 390)


@pytest.mark.parametrize("first", [0, 30], ids=["from the opening", "on full hours"])
def test_hourly_bars_are_whole_however_they_are_counted(first: int) -> None:
    starts = [int(opens) - first * MINUTE for opens in WEEK.opens]
    opens = np.concatenate([start + np.arange(7) * HOUR for start in starts])
    found, quality = look(some_bars(opens, HOUR), WEEK, "1h")
    assert (found, quality.expected_bar_count) == ([], 70)
    [gap], _ = look(some_bars(np.delete(opens, 9), HOUR), WEEK, "1h")
    assert (gap.start_ts, gap.count) == (opens[9], 1)


def test_daily_bars_are_held_to_the_dates_of_sessions() -> None:
    found, quality = look(some_bars(WEEK.opens, int(6.5 * HOUR)), WEEK, "1d")
    assert (found, quality.expected_bar_count) == ([], 10)
    [gap], _ = look(some_bars(np.delete(WEEK.opens, [3, 4]), HOUR), WEEK, "1d")
    assert (gap.count, gap.start_ts) == (2, WEEK.days[3] * DAY)
    sunday = np.insert(WEEK.opens, 5, WEEK.opens[4] + 2 * DAY)
    [off], _ = look(some_bars(sunday, HOUR), WEEK, "1d")
    assert (off.kind, off.start_ts) == (KINDS.OFF_SESSION, WEEK.opens[4] + 2 * DAY)


def test_without_a_calendar_nothing_is_expected() -> None:
    found, quality = look(some_bars(without(5, 6), MINUTE), None)
    assert (found, quality.calendar, quality.expected_bar_count) == ([], "", 0)


def test_what_the_calendar_does_not_know_is_no_fault() -> None:
    far = np.concatenate((MINUTES, MINUTES + 365 * DAY))
    assert look(some_bars(far, MINUTE), WEEK)[0] == []


def test_a_bar_that_was_refused_is_no_gap_as_well() -> None:
    lost = np.zeros(3898, np.int64)
    lost[5] = 2
    assert look(some_bars(without(5, 6), MINUTE), WEEK, lost=lost)[0] == []
    [gap], _ = look(some_bars(without(5, 6, 7), MINUTE), WEEK, lost=lost[:-1])
    assert gap.count == 1


# ---- prices ----


def closes(**changes: float) -> np.ndarray:
    close = 100 + np.round(np.sin(np.arange(len(MINUTES)) / 7) / 10, 2)
    for row, price in changes.items():
        close[int(row[1:])] = price
    return close


@pytest.mark.parametrize("price", [10.0, 1000.0, 93.0, 108.0])
def test_a_price_far_from_those_around_it_is_an_outlier(price: float) -> None:
    found, _ = look(some_bars(MINUTES, MINUTE, closes(r50=price)), WEEK)
    assert [(one.kind, one.start_ts, one.line) for one in found] == [
        (KINDS.OUTLIER, OPEN + 50 * MINUTE, 52)
    ]
    assert " between 100.0" in found[0].detail


def test_two_outliers_side_by_side_are_two() -> None:
    found, _ = look(some_bars(MINUTES, MINUTE, closes(r50=10.0, r51=10.1)), WEEK)
    assert [one.line for one in found] == [52, 53]


def test_a_price_that_stays_where_it_went_is_none() -> None:
    close = closes()
    close[50:] *= 0.8
    assert look(some_bars(MINUTES, MINUTE, close), WEEK)[0] == []


def test_where_prices_always_jump_a_jump_is_none() -> None:
    close = 100 + 10.0 * (np.arange(len(MINUTES)) % 3)
    assert look(some_bars(MINUTES, MINUTE, close), WEEK)[0] == []


def test_a_bad_low_alone_is_an_outlier() -> None:
    bars = some_bars(MINUTES, MINUTE)
    bars.low[70] = 1.0
    [found], _ = look(bars, WEEK)
    assert (found.line, found.detail.split()[:2]) == (72, ["low", "1"])


@pytest.mark.parametrize(("factor", "words"), [(0.5, "2:1"), (1 / 7, "7:1"), (10, "1:10")])
def test_a_step_like_a_split_is_suspected_unless_one_is_known(factor: float, words: str) -> None:
    close = closes()
    close[390:] *= factor
    bars = some_bars(MINUTES, MINUTE, close)
    [found], _ = look(bars, WEEK)
    assert (found.kind, found.start_ts, found.line) == (
        KINDS.SUSPECTED_SPLIT,
        WEEK.opens[1],
        392,
    )
    assert found.detail.endswith(f"about {words}")
    known = (Split(date(2014, 1, 7), Decimal(2)),)
    assert look(bars, WEEK, actions=known)[0] == []
    other = (Split(date(2014, 1, 8), Decimal(2)),)
    assert len(look(bars, WEEK, actions=other)[0]) == 1


def test_a_step_within_a_session_is_no_split() -> None:
    close = closes()
    close[200:] *= 0.5
    assert look(some_bars(MINUTES, MINUTE, close), WEEK)[0] == []


@settings(max_examples=25)
@given(
    gone=st.sets(st.integers(1, 3898), max_size=40),
    odd=st.sets(st.integers(10, 3000), max_size=10),
    cuts=st.sets(st.integers(0, 3850), max_size=6),
)
def test_what_is_found_does_not_depend_on_where_the_pieces_end(
    gone: set[int], odd: set[int], cuts: set[int]
) -> None:
    saturday = (WEEK.days[4] + 1) * DAY + 15 * HOUR + np.arange(20) * MINUTE
    opens = np.sort(np.concatenate((without(*gone), saturday)))
    close = 100 + np.round(np.sin(np.arange(len(opens)) / 7) / 10, 2)
    close[list(odd)] = 50.0
    close[2500:] *= 3
    bars = some_bars(opens, MINUTE, close)
    assert look(bars, WEEK, cuts=tuple(cuts)) == look(bars, WEEK)
