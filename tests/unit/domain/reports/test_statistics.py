"""The golden vectors of the reference definitions, and what is undefined."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.reports.statistics import (
    cagr,
    calmar,
    excess_kurtosis,
    expected_shortfall,
    normal_expected_shortfall,
    normal_value_at_risk,
    return_statistics,
    sharpe,
    simple_returns,
    skew,
    sortino,
    total_return,
    turnover,
    value_at_risk,
    volatility,
)
from domain.reports.trades import trade_statistics

RETURNS = [.010, -.005, .007, -.012, .004, .015, -.008, .003, -.002, .009, -.011, .006]  # fmt: skip
TRADES = [Decimal(one) for one in (120, -80, 60, -40, 200, -90, 30, -20)]


def equity() -> list[float]:
    marks = [1.0]
    for one in RETURNS:
        marks.append(marks[-1] * (1 + one))
    return marks


@pytest.mark.parametrize(
    ("value", "golden"),
    [
        (sharpe(RETURNS, 252), 2.404062),
        (sharpe(RETURNS, 252, 0.05), 2.054937),
        (sortino(RETURNS, 252), 3.875146),
        (sortino(RETURNS, 252, 0.05), 3.245521),
        (volatility(RETURNS, 252), 0.139763),
        (total_return(1.0, equity()[-1]), 0.015685),
        (normal_value_at_risk(RETURNS, 95), -0.013148),
        (normal_value_at_risk(RETURNS, 99), -0.019148),
        (normal_expected_shortfall(RETURNS, 95), -0.016827),
        (skew(RETURNS), -0.222047),
        (excess_kurtosis(RETURNS), -1.158818),
        (calmar(0.386575, -0.012), 32.214594),
        (cagr(10_000, 10_180, 20), 0.384831),
        (trade_statistics(TRADES).win_rate, 0.5),
        (trade_statistics(TRADES).profit_factor, 1.782609),
        (trade_statistics(TRADES).expectancy, 22.5),
    ],
)
def test_golden_vectors(value: float, golden: float) -> None:
    assert value == pytest.approx(golden, abs=1e-6, rel=1e-6)


def test_returns_go_from_mark_to_mark() -> None:
    assert simple_returns(equity()) == pytest.approx(RETURNS)
    assert simple_returns([100.0, 100.0]) == [0.0]
    assert simple_returns([100.0, 0.0, 50.0]) == [-1.0]


def test_historical_value_at_risk_is_a_quantile_and_the_shortfall_lies_beyond() -> None:
    days = [n / 100 for n in range(-10, 11)]
    assert value_at_risk(days, 95) == pytest.approx(-0.09)
    assert expected_shortfall(days, 95) == pytest.approx(-0.095)


def test_turnover_is_half_of_what_was_traded_a_year() -> None:
    assert turnover(200_000, 100_000, 73) == pytest.approx(5.0)


def test_what_cannot_be_computed_is_none() -> None:
    for r in ([], [0.01]):
        figures = return_statistics(r, 252)
        assert figures.sharpe is figures.sortino is figures.volatility is figures.skew is None
    flat = return_statistics([0.0] * 10, 252)
    assert (flat.sharpe, flat.sortino, flat.skew, flat.excess_kurtosis) == (None,) * 4
    assert flat.volatility == 0.0
    assert sortino([0.01, 0.02], 252) is None  # no downside, no ratio
    assert calmar(0.1, 0.0) is calmar(None, -0.1) is None
    assert cagr(100, -1, 10) is cagr(100, 110, 0) is cagr(0, 1, 1) is None
    assert cagr(1, 1e300, 0.001) is None
    assert total_return(0, 1) is turnover(1, 0, 1) is turnover(1, 1, 0) is None


def test_without_trades_or_losses_ratios_are_none() -> None:
    none = trade_statistics([])
    assert none.trade_count == 0
    assert none.win_rate is none.profit_factor is none.expectancy is none.best_trade is None
    won = trade_statistics([Decimal(5), Decimal(0)])
    assert (won.profit_factor, won.win_rate, won.average_loss) == (None, 0.5, None)
    assert (won.best_trade, won.worst_trade, won.expectancy) == (5.0, 0.0, 2.5)


@given(st.lists(st.floats(-0.5, 0.5), min_size=5, max_size=60))
@example([0.0, 0.0, 0.0, 0.0, 5.7e-145])  # its moments are too small for a double
def test_figures_do_not_depend_on_the_order_of_days(r: list[float]) -> None:
    assert return_statistics(r, 252) == return_statistics(sorted(r), 252)
