"""Our own definitions; `domain.reports` says each."""

from domain.reports.benchmark import (
    alpha,
    beta,
    capture,
    correlation,
    information_ratio,
    tracking_error,
)
from domain.reports.compounding import annualised, compounded, falls
from domain.reports.moments import mean, ratio
from domain.reports.sample import Figures, Sample
from domain.reports.significance import probabilistic_sharpe
from domain.reports.statistics import (
    calmar,
    expected_shortfall,
    normal_expected_shortfall,
    normal_value_at_risk,
    return_statistics,
    value_at_risk,
)


def reference(sample: Sample) -> Figures:
    """Over arithmetic returns, sample deviations, the risk-free rate taken off each period."""
    r, periods, free = sample.returns, sample.periods_per_year, sample.risk_free
    figures = _of_returns(sample)
    if sample.benchmark:
        b = sample.benchmark
        figures |= {
            "alpha": alpha(r, b, periods, free),
            "beta": beta(r, b),
            "correlation": correlation(r, b),
            "information_ratio": information_ratio(r, b, periods),
            "tracking_error": tracking_error(r, b, periods),
            "up_capture": capture(r, b, up=True),
            "down_capture": capture(r, b, up=False),
        }
    return figures | _of_trades(sample)


def _of_returns(sample: Sample) -> Figures:
    r, periods = sample.returns, sample.periods_per_year
    found = return_statistics(r, periods, sample.risk_free)
    depth = min(falls(r))
    growth = annualised(r, periods)
    return {
        "total_return": compounded(r),
        "cagr": growth,
        "volatility": found.volatility,
        "sharpe": found.sharpe,
        "sortino": found.sortino,
        "max_drawdown": depth,
        "calmar": calmar(growth, depth),
        "skew": found.skew,
        "excess_kurtosis": found.excess_kurtosis,
        "value_at_risk_95": value_at_risk(r, 95),
        "expected_shortfall_95": expected_shortfall(r, 95),
        "normal_value_at_risk_95": normal_value_at_risk(r, 95),
        "normal_value_at_risk_99": normal_value_at_risk(r, 99),
        "normal_expected_shortfall_95": normal_expected_shortfall(r, 95),
        "probabilistic_sharpe": probabilistic_sharpe(r),
    }


def _of_trades(sample: Sample) -> Figures:
    profits = sample.profits
    wins, losses = [one for one in profits if one > 0], [one for one in profits if one < 0]
    return {
        "win_rate": ratio(len(wins), len(profits)),
        "profit_factor": ratio(sum(wins), -sum(losses)),
        "expectancy": mean(profits),
    }
