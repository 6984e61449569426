"""Sums and extremes of sliding windows: what has left a window leaves no trace in it."""

from fractions import Fraction
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.strategies.indicators.windows import (
    Highest,
    Lowest,
    WindowMoments,
    WindowSum,
    WindowTrend,
)

values = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60)
periods = st.integers(1, 9)


@given(values, periods)
def test_sums_are_those_of_the_window(given_values: list[float], period: int) -> None:
    plain, trend = WindowSum(period), WindowTrend(period)
    for index, value in enumerate(given_values):
        window = given_values[max(0, index + 1 - period) : index + 1]
        total, both = plain.update(value), trend.update(value)
        if len(window) < period:
            assert total is both is None
        else:
            assert total == pytest.approx(sum(map(Fraction, window)), rel=1e-14)
            weighted = sum(place * Fraction(one) for place, one in enumerate(window, 1))
            assert both == pytest.approx((sum(map(Fraction, window)), weighted), rel=1e-14)


@given(values, periods)
def test_moments_are_those_of_the_window(given_values: list[float], period: int) -> None:
    moments = WindowMoments(period)
    for index, value in enumerate(given_values):
        found = moments.update(value)
        window = [Fraction(one) for one in given_values[max(0, index + 1 - period) : index + 1]]
        if len(window) < period:
            assert found is None
        else:
            mean = sum(window) / period
            squares = sum((one - mean) ** 2 for one in window)
            assert found is not None
            assert found[0] == pytest.approx(float(mean), rel=1e-13)
            # The mean is good to its last digits, so deviations are good to that many.
            assert sqrt(found[1]) == pytest.approx(sqrt(squares), rel=1e-12, abs=1e-13 * mean)


@given(values, periods)
def test_extremes_are_those_of_the_window(given_values: list[float], period: int) -> None:
    highest, lowest = Highest(period), Lowest(period)
    for index, value in enumerate(given_values):
        window = given_values[max(0, index + 1 - period) : index + 1]
        found = highest.update(value), lowest.update(value)
        if len(window) < period:
            assert found == (None, None)
        else:
            assert found == (max(window), min(window))
            assert window[-1 - highest.age] == max(window)
            assert max(window) not in window[len(window) - highest.age :]
            assert window[-1 - lowest.age] == min(window)


@pytest.mark.parametrize("kind", [WindowSum, WindowTrend, WindowMoments])
def test_a_value_that_left_leaves_no_trace(kind: type) -> None:
    period, after = 4, [0.1, 0.7, 0.3, 0.9, 0.2, 0.4, 0.8, 0.6]
    calm, shaken = kind(period), kind(period)
    for quiet, loud in zip([0.5] * period, [1e300, -3e17, 0.5, float("inf")], strict=True):
        calm.update(quiet)
        shaken.update(loud)
    told = [(calm.update(value), shaken.update(value)) for value in after]
    assert all(one == other for one, other in told[period - 1 :])


def test_the_spread_of_equal_values_is_nothing_however_large_they_are() -> None:
    for value in (0.1, 42.17, 731.3, 1e15 / 3):
        moments = WindowMoments(7)
        assert [moments.update(value) for _ in range(20)][6:] == [(value, 0.0)] * 14
