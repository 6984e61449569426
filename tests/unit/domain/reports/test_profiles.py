"""Figures by each tool's definitions, against values that were worked out apart from this code."""

import math
from collections.abc import Callable

import pytest

from domain.errors import InvalidRequest
from domain.reports.profiles import PROFILES, figures_of
from domain.reports.sample import Sample
from domain.reports.significance import deflated_sharpe, luckiest_sharpe, probabilistic_sharpe

RETURNS = (0.010, -0.005, 0.007, -0.012, 0.004, 0.015, -0.008, 0.003, -0.002, 0.009, -0.011, 0.006)
BENCHMARK = (
    0.008, -0.004, 0.005, -0.010, 0.002, 0.010, -0.006, 0.004, -0.001, 0.007, -0.009, 0.003,
)  # fmt: skip
PROFITS = (120.0, -80.0, 60.0, -40.0, 200.0, -90.0, 30.0, -20.0)

BY_DAY = Sample(RETURNS, BENCHMARK)
AT_FIVE_PERCENT = Sample(RETURNS, BENCHMARK, risk_free=0.05)
BY_TRADE = Sample(profits=PROFITS, balance=10_000.0, days=20.0)

GOLDEN = [
    ("nautilus", BY_DAY, {
        "sharpe": 2.404062, "sortino": 3.875146, "volatility": 0.139763, "cagr": 0.386575,
        "max_drawdown": -0.012, "calmar": 32.214594, "profit_factor": 1.421053,
        "beta": 1.300961, "alpha": 0.094286, "information_ratio": 3.935005,
        "tracking_error": 0.037357, "treynor": 0.297146, "skew": -0.222047,
        "excess_kurtosis": -1.158818,
    }),
    ("nautilus", BY_TRADE, {"win_rate": 0.5, "expectancy": 22.5}),
    ("lean", BY_DAY, {
        "sharpe": 2.855009, "sortino": 6.043350, "volatility": 0.139763, "alpha": 0.128484,
        "beta": 1.300961, "information_ratio": 5.114718, "tracking_error": 0.037357,
        "treynor": 0.306716, "normal_value_at_risk_95": -0.013148,
        "normal_value_at_risk_99": -0.019148,
    }),
    ("lean", AT_FIVE_PERCENT, {"sharpe": 2.497262, "sortino": 5.286087}),
    ("lean", BY_TRADE, {
        "win_rate": 0.5, "average_win": 0.01020167, "average_loss": -0.00564956,
        "profit_loss_ratio": 1.805745, "profit_factor": 1.782609, "expectancy": 0.402872,
    }),
    ("freqtrade", BY_TRADE, {
        "sharpe": 1.820694, "sortino": 6.009153, "calmar": 196.017025, "cagr": 0.384831,
        "max_drawdown_money": 90.0, "max_drawdown": 0.0087719, "win_rate": 0.5,
        "profit_factor": 1.782609, "expectancy": 22.5, "expectancy_ratio": 0.391304,
        "system_quality": 0.630347,
    }),
    ("quantstats", BY_DAY, {
        "sharpe": 2.404062, "sortino": 3.875146, "volatility": 0.139763,
        "total_return": 0.015685, "cagr": 0.386575, "max_drawdown": -0.012,
        "calmar": 32.214594, "profit_factor": 1.421053, "win_rate": 0.583333,
        "beta": 1.300961, "alpha": 0.090118, "information_ratio": 0.247882,
        "treynor": 0.012057, "normal_value_at_risk_95": -0.013148, "ulcer_index": 0.006868,
        "omega": 1.421053, "tail_ratio": 1.069870, "kelly": 0.172840,
        "payoff_ratio": 1.015038, "recovery_factor": 1.333333, "skew": -0.222047,
        "excess_kurtosis": -1.158818,
    }),
    ("quantstats", AT_FIVE_PERCENT, {"sharpe": 2.054937, "sortino": 3.245521}),
    ("reference", BY_DAY, {
        "sharpe": 2.404062, "sortino": 3.875146, "volatility": 0.139763,
        "total_return": 0.015685, "cagr": 0.386575, "max_drawdown": -0.012,
        "calmar": 32.214594, "beta": 1.300961, "alpha": 0.090118,
        "information_ratio": 3.935005, "tracking_error": 0.037357,
        "normal_value_at_risk_95": -0.013148, "normal_value_at_risk_99": -0.019148,
        "normal_expected_shortfall_95": -0.016827, "skew": -0.222047,
        "excess_kurtosis": -1.158818,
    }),
    ("reference", AT_FIVE_PERCENT, {"sharpe": 2.054937, "sortino": 3.245521}),
    ("reference", BY_TRADE, {"win_rate": 0.5, "profit_factor": 1.782609, "expectancy": 22.5}),
]  # fmt: skip


@pytest.mark.parametrize(("profile", "sample", "wanted"), GOLDEN)
def test_the_reference_values(profile: str, sample: Sample, wanted: dict[str, float]) -> None:
    figures = figures_of(sample, profile)
    found = {name: figures[name] for name in wanted}
    assert found == pytest.approx(wanted, rel=2e-6, abs=6e-7)


def test_luck_by_the_corrected_term_and_as_lean_codes_it() -> None:
    above = 1 / math.sqrt(252)  # a year's ratio of 1
    assert probabilistic_sharpe(RETURNS, above) == pytest.approx(0.613275, abs=6e-7)
    assert figures_of(BY_DAY, "lean")["probabilistic_sharpe"] == pytest.approx(0.614199, abs=6e-7)


def test_the_best_of_many_trials_has_more_to_prove() -> None:
    assert luckiest_sharpe(1, 0.5) == 0.0
    # By the formula for 100 trials of variance 1/4: half of 0.4228·2.3263 + 0.5772·2.6814.
    assert luckiest_sharpe(100, 0.25) == pytest.approx(1.2656, abs=5e-4)
    alone, among = (deflated_sharpe(RETURNS, trials, 0.001) for trials in (1, 100))
    assert alone == probabilistic_sharpe(RETURNS)
    assert among is not None
    assert alone is not None
    assert among < alone


EMPTY: list[Callable[[], Sample]] = [
    Sample,
    lambda: Sample([0.01], [0.02], profits=[1.0], balance=1.0, days=1.0),
    lambda: Sample([0.0] * 9, [0.0] * 9, profits=[0.0] * 9, balance=100.0, days=9.0),
    lambda: Sample([0.01] * 9, [0.01] * 9, profits=[5.0] * 9, balance=100.0, days=9.0),
    lambda: Sample([-0.01] * 9, [0.01] * 9, profits=[-5.0] * 9, balance=45.0, days=9.0),
    lambda: Sample([-1.0, 0.5], [-1.0, 0.5], profits=[-100.0], balance=100.0, days=2.0),
    lambda: Sample([0.5] * 500, [0.1] * 500, profits=[1e9] * 50, balance=1.0, days=0.5),
]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("sample", EMPTY)
def test_what_is_not_defined_is_none_or_what_that_tool_says(
    profile: str, sample: Callable[[], Sample]
) -> None:
    for name, value in figures_of(sample(), profile).items():
        assert value is None or not math.isnan(value), name
        assert value is None or profile == "quantstats" or math.isfinite(value), name


def test_what_the_tools_say_without_a_loss() -> None:
    won = Sample([0.01] * 3, profits=[5.0, 6.0], balance=100.0, days=3.0)
    found = {profile: figures_of(won, profile)["profit_factor"] for profile in PROFILES}
    assert found == {
        "reference": None,
        "lean": 10.0,
        "nautilus": None,
        "freqtrade": 0.0,
        "quantstats": math.inf,
    }


def test_a_profile_that_nobody_knows() -> None:
    with pytest.raises(InvalidRequest) as refused:
        figures_of(BY_DAY, "zipline")
    assert (refused.value.reason, list(refused.value.violations)) == (
        "UNKNOWN_PROFILE",
        ["profile"],
    )
