"""Returns by the month and by the year."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reports.months import months_of


def ts(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def test_a_month_counts_from_the_last_mark_before_it() -> None:
    days = ["2013-12-02", "2013-12-31", "2014-01-15", "2014-01-31", "2014-03-31"]
    found = months_of([ts(day) for day in days], [100.0, 110.0, 90.0, 99.0, 198.0])
    assert [one.year for one in found] == [2013, 2014]
    assert found[0].months[11] == pytest.approx(0.10)
    assert found[1].months[:3] == (pytest.approx(-0.10), None, pytest.approx(1.0))
    assert [one.total for one in found] == [pytest.approx(0.10), pytest.approx(0.80)]


def test_what_follows_ruin_is_left_out() -> None:
    days = [ts(f"2014-0{month}-01") for month in (1, 2, 3, 4)]
    found = months_of(days, [100.0, 50.0, 0.0, 70.0])
    assert found[0].months[:4] == (None, -0.5, -1.0, None)
    assert months_of([], []) == []
    assert months_of(days[:1], [100.0]) == []


@given(st.lists(st.floats(50.0, 150.0), min_size=2, max_size=60))
def test_months_and_years_compound_to_the_whole(equity: list[float]) -> None:
    times = [ts("2011-11-20") + n * 20 * 86_400 * 10**9 for n in range(len(equity))]
    years = months_of(times, equity)
    by_month = by_year = 1.0
    for year in years:
        by_year *= 1 + year.total
        for month in year.months:
            by_month *= 1 + (month or 0.0)
    assert by_month == pytest.approx(by_year) == pytest.approx(equity[-1] / equity[0])
