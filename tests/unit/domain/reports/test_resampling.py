"""What else might have come of the same days and trades."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidRequest
from domain.reports.compounding import compounded, falls
from domain.reports.resampling import reordered_trades, resampled_returns

RETURNS = [0.010, -0.005, 0.007, -0.012, 0.004, 0.015, -0.008, 0.003]


def a_generator(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_same_seed_tells_the_same_story() -> None:
    one, same, other = (resampled_returns(RETURNS, a_generator(seed)) for seed in (1, 1, 2))
    assert one == same != other


def test_blocks_as_long_as_the_days_only_turn_them_round() -> None:
    found = resampled_returns(RETURNS, a_generator(), rounds=50, block=len(RETURNS))
    assert found is not None
    total = compounded(RETURNS)
    assert found.total_return.percent_5 == pytest.approx(total)
    assert found.total_return.percent_95 == pytest.approx(total)
    turned = [min(falls(RETURNS[n:] + RETURNS[:n])) for n in range(len(RETURNS))]
    assert (
        min(turned) <= found.max_drawdown.percent_5 <= found.max_drawdown.percent_95 <= max(turned)
    )


def test_the_median_lies_near_what_the_mean_day_makes() -> None:
    days = np.random.default_rng(7).normal(0.0005, 0.01, 500).tolist()
    found = resampled_returns(days, a_generator(), rounds=4_000, block=5)
    assert found is not None
    assert found.total_return.median == pytest.approx(compounded(days), abs=0.05)


def test_another_order_of_trades_wins_the_same_and_falls_otherwise() -> None:
    profits = [50.0, -30.0, 20.0, -40.0, 60.0, -10.0]
    found = reordered_trades(profits, 100.0, a_generator())
    assert found is not None
    assert found.total_return.percent_5 == pytest.approx(0.5)
    assert found.total_return.percent_95 == pytest.approx(0.5)
    assert found.loss_probability == 0.0
    assert found.max_drawdown.percent_5 < found.max_drawdown.percent_95 <= 0.0
    assert found.max_drawdown.percent_5 >= -0.8  # all losses first: 100, 70, 30, 20


@settings(max_examples=50)
@given(
    returns=st.lists(st.floats(-0.9, 0.9), min_size=1, max_size=40),
    rounds=st.integers(1, 60),
    block=st.integers(1, 50),
)
def test_a_spread_rises_and_a_fall_is_none_or_below(
    returns: list[float], rounds: int, block: int
) -> None:
    found = resampled_returns(returns, a_generator(), rounds=rounds, block=block)
    assert found is not None
    for spread in (found.total_return, found.max_drawdown):
        parts = [getattr(spread, name) for name in spread.__struct_fields__]
        assert parts == sorted(parts)
    assert found.max_drawdown.percent_5 >= -1.0
    assert found.max_drawdown.percent_95 <= 0.0
    assert 0.0 <= found.loss_probability <= 1.0


def test_of_nothing_there_is_nothing() -> None:
    assert resampled_returns([], a_generator()) is None
    assert reordered_trades([], 100.0, a_generator()) is None
    assert reordered_trades([1.0], 0.0, a_generator()) is None


@pytest.mark.parametrize(
    ("options", "field"),
    [({"rounds": 0}, "rounds"), ({"rounds": 10**6}, "rounds"), ({"block": 0}, "block")],
)
def test_what_cannot_be_is_refused(options: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        resampled_returns(RETURNS, a_generator(), **options)
    assert list(refused.value.violations) == [field]
