"""As quantstats defines its figures: all of periods, none of trades."""

from math import fsum, inf, sqrt

from domain.reports.benchmark import active, beta
from domain.reports.compounding import annualised, compounded, falls, growth
from domain.reports.moments import deviation, mean, ratio
from domain.reports.sample import Figures, Sample
from domain.reports.statistics import (
    calmar,
    excess_kurtosis,
    normal_value_at_risk,
    sharpe,
    skew,
    sortino,
    value_at_risk,
    volatility,
)


def quantstats(sample: Sample) -> Figures:
    """Of returns and a benchmark, as far as there are any."""
    r, periods, free = sample.returns, sample.periods_per_year, sample.risk_free
    depth, grown = min(falls(r)), annualised(r, periods)
    figures: Figures = {
        "total_return": compounded(r),
        "cagr": grown,
        "sharpe": sharpe(r, periods, free),
        "sortino": sortino(r, periods, free),
        "volatility": volatility(r, periods),
        "max_drawdown": depth,
        "calmar": calmar(grown, depth),
        "expected_return": growth(r)[-1] ** (1 / len(r)) - 1 if r else None,
        "normal_value_at_risk_95": normal_value_at_risk(r, 95),
        "normal_value_at_risk_99": normal_value_at_risk(r, 99),
        "skew": skew(r),
        "excess_kurtosis": excess_kurtosis(r),
        **_of_wins(sample),
        **_of_falls(sample, depth),
    }
    return figures | (_beside(sample) if sample.benchmark else {})


def _of_wins(sample: Sample) -> Figures:
    wins, losses = [x for x in sample.returns if x > 0], [x for x in sample.returns if x < 0]
    pain = -fsum(losses)
    rate = ratio(len(wins), len(wins) + len(losses)) or 0.0
    payoff = ratio(mean(wins), -(mean(losses) or 0.0))
    top, bottom = value_at_risk(sample.returns, 5), value_at_risk(sample.returns, 95)
    return {
        "win_rate": rate,
        "profit_factor": fsum(wins) / pain if pain else inf,
        "omega": ratio(fsum(wins), pain),
        "payoff_ratio": payoff,
        "kelly": None if payoff is None else (payoff * rate - (1 - rate)) / payoff,
        "tail_ratio": None if top is None or not bottom else abs(top / bottom),
    }


def _of_falls(sample: Sample, depth: float) -> Figures:
    r, below = sample.returns, falls(sample.returns)[1:]
    count = len(r) - 1
    return {
        "ulcer_index": sqrt(fsum(x * x for x in below) / count) if count > 0 else None,
        "recovery_factor": ratio(abs(fsum(r)), abs(depth)),
    }


def _beside(sample: Sample) -> Figures:
    r, b, periods = sample.returns, sample.benchmark, sample.periods_per_year
    slope, own, other = beta(r, b), mean(r), mean(b)
    if slope is None or own is None or other is None:
        return {}
    beyond = active(r, b)
    return {
        "alpha": (own - slope * other) * periods,
        "beta": slope,
        "information_ratio": ratio(mean(beyond), deviation(beyond)),
        "treynor": ratio(compounded(r) - sample.risk_free, slope),
    }
