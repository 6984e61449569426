import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reports.drawdown import Drawdown, Fall, deepest_falls, drawdown_of, falls_of
from tests.unit.domain.reports.test_statistics import equity

DAY = 86_400 * 10**9


def over_days(*marks: float) -> Drawdown | None:
    return drawdown_of([n * DAY for n in range(len(marks))], marks)


def test_golden_vector() -> None:
    found = over_days(*equity())
    assert found is not None
    assert found.depth == pytest.approx(-0.012)


def test_a_fall_has_a_peak_a_trough_and_a_recovery() -> None:
    assert over_days(100, 110, 99, 104.5, 110, 120) == Drawdown(
        pytest.approx(-0.1), DAY, 2 * DAY, 4 * DAY, 3.0
    )


def test_a_fall_that_was_never_made_good_lasts_to_the_end() -> None:
    assert over_days(100, 90, 95, 85, 86) == Drawdown(pytest.approx(-0.15), 0, 3 * DAY, None, 4.0)


def test_the_longest_need_not_be_the_deepest() -> None:
    found = over_days(100, 50, 100, 99, 99, 99, 100)
    assert found == Drawdown(-0.5, 0, DAY, 2 * DAY, 4.0)


def test_what_never_fell_has_none() -> None:
    assert over_days() is over_days(100) is over_days(100, 100, 101) is None


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=40))
def test_the_depth_is_the_worst_of_all_pairs(marks: list[int]) -> None:
    pairs = [later / earlier - 1 for n, earlier in enumerate(marks) for later in marks[n:]]
    found = over_days(*map(float, marks))
    assert min(pairs) == pytest.approx(found.depth if found is not None else 0.0)


def test_the_falls_one_after_the_other_and_the_deepest_first() -> None:
    marks = [100.0, 95.0, 100.0, 120.0, 60.0, 121.0, 110.0]
    times = [n * DAY for n in range(len(marks))]
    falls = falls_of(times, marks)
    assert falls == [
        Fall(pytest.approx(-0.05), 0, DAY, 2 * DAY, 2 * DAY),
        Fall(-0.5, 3 * DAY, 4 * DAY, 5 * DAY, 5 * DAY),
        Fall(pytest.approx(-11 / 121), 5 * DAY, 6 * DAY, None, 6 * DAY),
    ]
    assert [fall.days for fall in falls] == [2.0, 2.0, 1.0]
    assert deepest_falls(times, marks, 2) == [falls[1], falls[2]]


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=40))
def test_falls_do_not_overlap_and_their_troughs_lie_within(marks: list[int]) -> None:
    times = [n * DAY for n in range(len(marks))]
    last = 0
    for fall in falls_of(times, [float(mark) for mark in marks]):
        assert last <= fall.peak_ts < fall.trough_ts <= fall.end_ts
        assert fall.depth < 0
        last = fall.end_ts
