import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.market_data.columns import BadBar, BarColumns, bar_columns, join_bars, no_bars
from tests.builders import AAPL, MINUTE, MONDAY_OPEN, a_bar, a_walk, bars_of


def with_fault(column: str, row: int, value: float) -> BarColumns:
    columns = {name: array.copy() for name, array in zip(
        ("ts", "open_ts", "open", "high", "low", "close", "volume"), a_walk(10).arrays, strict=True
    )}  # fmt: skip
    columns[column][row] = value
    return bar_columns(**columns)


@pytest.mark.parametrize(
    ("column", "value", "at_fault", "reason"),
    [
        ("close", float("nan"), "close", "NOT_A_NUMBER"),
        ("volume", float("inf"), "volume", "NOT_A_NUMBER"),
        ("low", 0.0, "low", "NOT_POSITIVE"),
        ("volume", -1.0, "volume", "NOT_POSITIVE"),
        ("high", 1.0, "high", "HIGH_BELOW_LOW"),
        ("open", 500.0, "open", "OUTSIDE_RANGE"),
        ("close", 500.0, "close", "OUTSIDE_RANGE"),
        ("ts", MONDAY_OPEN + 5 * MINUTE, "ts", "DUPLICATE_TIME"),
        ("ts", MONDAY_OPEN, "ts", "UNSORTED_TIME"),
        ("open_ts", MONDAY_OPEN + 6 * MINUTE, "open_ts", "UNSORTED_TIME"),
    ],
)
def test_a_row_that_cannot_be_a_bar_is_named(
    column: str, value: float, at_fault: str, reason: str
) -> None:
    with pytest.raises(BadBar) as refusal:
        with_fault(column, 5, value)
    assert refusal.value.facts["row"] == "5"
    assert (refusal.value.facts["column"], refusal.value.reason) == (at_fault, reason)


def test_columns_of_different_lengths_are_refused() -> None:
    walk = a_walk(5)
    with pytest.raises(BadBar) as refusal:
        bar_columns(walk.ts[:4], *walk.arrays[1:])
    assert refusal.value.reason == "LENGTHS_DIFFER"


@given(st.lists(st.integers(1, 2**50), min_size=1, max_size=50))
def test_canonical_prices_are_the_doubles_nearest_their_decimals(scaled: list[int]) -> None:
    nearly = [value / 1e6 * (1 + 1e-16) for value in scaled]
    bars = bars_of(nearly)
    assert bars.close.tolist() == [value / 10**6 for value in scaled]
    assert [round(price * 1e6) for price in bars.close.tolist()] == scaled


def test_bars_come_one_by_one_as_they_lie_in_the_columns() -> None:
    bars = list(bars_of([100.0, 101.0]).bars(AAPL))
    assert bars == [a_bar(100.0), a_bar(100.0, close=101.0, minute=1)]
    assert bars[1].time.isoformat() == "2014-06-09T13:32:00+00:00"


def test_bars_between_two_times_open_in_between() -> None:
    walk = a_walk(10)
    part = walk.between(MONDAY_OPEN + 2 * MINUTE, MONDAY_OPEN + 5 * MINUTE)
    assert part.open_ts.tolist() == walk.open_ts[2:5].tolist()
    assert len(walk.between(None, MONDAY_OPEN)) == 0
    assert len(walk.between(MONDAY_OPEN + 99 * MINUTE, None)) == 0
    assert len(walk.between(None, None)) == 10


def test_pieces_join_to_the_whole() -> None:
    walk = a_walk(10)
    whole = join_bars([walk.slice(0, 3), no_bars(), walk.slice(3, 10)])
    assert all(np.array_equal(a, b) for a, b in zip(whole.arrays, walk.arrays, strict=True))
    assert len(join_bars([])) == 0
