"""Where axes say a value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reports.svg import thinned
from domain.reports.ticks import log_ticks, time_ticks, value_ticks


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e9), st.integers(3, 6))
def test_values_are_few_round_and_within(low: float, span: float, most: int) -> None:
    ticks = value_ticks(low, low + span, most)
    assert 1 <= len(ticks) <= most
    assert all(low - 1e-6 * span <= one <= low + span * (1 + 1e-6) for one in ticks)


def test_values_are_multiples_of_one_two_or_five() -> None:
    assert value_ticks(97_000, 108_000) == [98_000, 100_000, 102_000, 104_000, 106_000, 108_000][
        ::1
    ] or value_ticks(97_000, 108_000) == [100_000, 105_000]
    assert value_ticks(-2.6, 0.0, 3) == [-2.0, 0.0]


@given(st.floats(1e-4, 1e6), st.floats(5, 1e6))
def test_wide_ranges_have_few_ticks_within(low: float, times: float) -> None:
    ticks = log_ticks(low, low * times)
    assert 1 <= len(ticks) <= 6
    assert all(low <= one <= low * times for one in ticks)


def test_wide_ranges_are_told_by_powers_of_ten_and_what_is_between() -> None:
    assert log_ticks(6.5, 720) == [10, 20, 50, 100, 200, 500]
    assert log_ticks(6.5, 2100) == [10, 30, 100, 300, 1000]
    assert log_ticks(0.5, 150_000) == [1, 10, 100, 1000, 10_000, 100_000]


def every(step: str, start: str, count: int) -> np.ndarray:
    first = np.datetime64(start, "ns")
    return first + np.arange(count) * np.timedelta64(1, step).astype("timedelta64[ns]")


@pytest.mark.parametrize(
    ("times", "first", "second"),
    [
        (every("m", "2014-06-09T13:31", 390), "2014-06-09 14:00", "2014-06-09 15:00"),
        (every("h", "2014-06-09T13:31", 60), "2014-06-10 00:00", "2014-06-10 12:00"),
        (every("h", "2014-06-09T13:31", 200), "2014-06-10", "2014-06-11"),
        (every("D", "2014-06-05T20:00", 50), "2014-06-09", "2014-06-16"),
        (every("D", "2014-06-09T20:00", 120), "2014-07", "2014-08"),
        (every("D", "2014-06-09T20:00", 700), "2014-07", "2014-10"),
        (every("D", "2000-03-01T21:00", 4700), "2002", "2004"),
        (every("D", "1900-03-01T21:00", 40_000), "1910", "1920"),
    ],
)
def test_times_are_beginnings_of_calendar_spans(times: np.ndarray, first: str, second: str) -> None:
    ticks = time_ticks(times)
    assert [name for _, name in ticks][:2] == [first, second]
    assert len(ticks) <= 11
    for row, name in ticks:
        assert times[row] >= np.datetime64(name.replace(" ", "T"), "ns")
        assert row == 0 or times[row - 1] < np.datetime64(name.replace(" ", "T"), "ns")


def test_one_bar_is_named_by_its_time() -> None:
    assert time_ticks(every("m", "2014-06-09T13:31", 1)) == [(0, "2014-06-09 13:31")]


@given(st.integers(1, 5000), st.integers(0, 2**32))
def test_a_thinned_line_keeps_its_ends_and_extremes(count: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=count)
    rows = thinned(values)
    assert rows[0] == 0
    assert rows[-1] == count - 1
    assert values[rows].min() == values.min()
    assert values[rows].max() == values.max()
    assert (np.diff(rows) > 0).all()
    assert len(rows) <= 4 * 434
