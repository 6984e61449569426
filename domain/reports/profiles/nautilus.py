"""As NautilusTrader defines its figures; its Sharpe and Sortino know no risk-free rate."""

from domain.reports.benchmark import beta, information_ratio, tracking_error
from domain.reports.compounding import annualised, falls
from domain.reports.moments import mean, ratio
from domain.reports.sample import Figures, Sample
from domain.reports.statistics import (
    calmar,
    excess_kurtosis,
    sharpe,
    skew,
    sortino,
    volatility,
)

_YEAR = 252


def nautilus(sample: Sample) -> Figures:
    """Of returns, a benchmark and trades, as far as there are any."""
    r, periods = sample.returns, sample.periods_per_year
    depth, growth = min(falls(r)), annualised(r, _YEAR)
    figures: Figures = {
        "sharpe": sharpe(r, periods),
        "sortino": sortino(r, periods),
        "volatility": volatility(r, periods),
        "cagr": growth,
        "max_drawdown": depth,
        "calmar": calmar(growth, depth),
        "profit_factor": ratio(sum(x for x in r if x > 0), -sum(x for x in r if x < 0)),
        "skew": skew(r),
        "excess_kurtosis": excess_kurtosis(r),
    }
    if sample.benchmark:
        figures |= _beside(sample, growth)
    return figures | _of_trades(sample)


def _beside(sample: Sample, growth: float | None) -> Figures:
    r, b, periods = sample.returns, sample.benchmark, sample.periods_per_year
    slope, own, other = beta(r, b), mean(r), mean(b)
    if slope is None or own is None or other is None:
        return {}
    free = (1 + sample.risk_free) ** (1 / periods) - 1
    return {
        "alpha": (1 + (own - free) - slope * (other - free)) ** periods - 1,
        "beta": slope,
        "tracking_error": tracking_error(r, b, periods),
        "information_ratio": information_ratio(r, b, periods),
        "treynor": None if growth is None else ratio(growth - sample.risk_free, slope),
    }


def _of_trades(sample: Sample) -> Figures:
    wins = [one for one in sample.profits if one > 0]
    losses = [one for one in sample.profits if one < 0]
    decided = len(wins) + len(losses)
    expectancy = None
    if decided:
        won, lost = mean(wins) or 0.0, mean(losses) or 0.0
        expectancy = won * len(wins) / decided + lost * len(losses) / decided
    return {
        "win_rate": ratio(len(wins), len(sample.profits)),
        "expectancy": expectancy,
    }
