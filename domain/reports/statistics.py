"""Performance figures over daily returns, each with one definition.

r are arithmetic returns from one exchange-day mark to the next, a flat day being 0; m their mean,
s their sample standard deviation, N the days a year. The annual risk-free rate is turned into one
a day and taken off each r. A figure that cannot be computed is None, never 0 or infinity.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import exp, fsum, pi, sqrt

from msgspec import Struct

from domain.reports.moments import deviation, mean, moment, ratio, times

_Z = {95: -1.6448536269514722, 99: -2.3263478740408408}  # standard normal quantiles
_DAYS = 365


class ReturnStatistics(Struct, frozen=True, gc=False):
    """Figures over daily returns; value at risk and shortfall are returns, negative for a loss."""

    periods_per_year: int
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    best_day: float | None
    worst_day: float | None
    skew: float | None
    excess_kurtosis: float | None
    value_at_risk_95: float | None
    expected_shortfall_95: float | None
    normal_value_at_risk_95: float | None
    normal_value_at_risk_99: float | None
    normal_expected_shortfall_95: float | None


def return_statistics(
    returns: Sequence[float], periods_per_year: int, risk_free: float = 0.0
) -> ReturnStatistics:
    """All of them at once; `risk_free` is a year's rate."""
    r = list(returns)
    return ReturnStatistics(
        periods_per_year,
        volatility(r, periods_per_year),
        sharpe(r, periods_per_year, risk_free),
        sortino(r, periods_per_year, risk_free),
        max(r, default=None),
        min(r, default=None),
        skew(r),
        excess_kurtosis(r),
        value_at_risk(r, 95),
        expected_shortfall(r, 95),
        normal_value_at_risk(r, 95),
        normal_value_at_risk(r, 99),
        normal_expected_shortfall(r, 95),
    )


def simple_returns(equity: Sequence[float]) -> list[float]:
    """Returns from each mark to the next, up to where equity is not above zero any more."""
    returns: list[float] = []
    for before, after in pairwise(equity):
        if before <= 0:
            break
        returns.append(after / before - 1)
    return returns


def total_return(start: float, end: float) -> float | None:
    """What was won on what was put in."""
    return end / start - 1 if start > 0 else None


def cagr(start: float, end: float, days: float) -> float | None:
    """Growth a year: (end / start)^(365 / calendar days) − 1."""
    if start <= 0 or end <= 0 or days <= 0:
        return None
    try:
        return float((end / start) ** (_DAYS / days) - 1)
    except OverflowError:  # minutes of growth, taken for a year
        return None


def calmar(growth: float | None, depth: float | None) -> float | None:
    """CAGR over the depth of the deepest fall."""
    return growth / abs(depth) if growth is not None and depth else None


def volatility(r: Sequence[float], periods_per_year: int) -> float | None:
    """s · √N."""
    return times(deviation(r), sqrt(periods_per_year))


def sharpe(r: Sequence[float], periods_per_year: int, risk_free: float = 0.0) -> float | None:
    """m / s · √N over what exceeds the risk-free rate."""
    excess = above_risk_free(r, periods_per_year, risk_free)
    return times(ratio(mean(excess), deviation(excess)), sqrt(periods_per_year))


def sortino(r: Sequence[float], periods_per_year: int, risk_free: float = 0.0) -> float | None:
    """m / √(Σ min(x, 0)² / n) · √N over what exceeds the risk-free rate; n counts all days."""
    excess = above_risk_free(r, periods_per_year, risk_free)
    if len(excess) < 2:
        return None
    downside = sqrt(fsum(min(x, 0.0) ** 2 for x in excess) / len(excess))
    return times(ratio(mean(excess), downside), sqrt(periods_per_year))


def skew(r: Sequence[float]) -> float | None:
    """Skewness, corrected for bias."""
    n = len(r)
    second = moment(r, 2)
    scale = second * sqrt(second)
    if n < 3 or not scale:
        return None
    return sqrt(n * (n - 1)) / (n - 2) * moment(r, 3) / scale


def excess_kurtosis(r: Sequence[float]) -> float | None:
    """Kurtosis less 3, corrected for bias."""
    n = len(r)
    scale = moment(r, 2) ** 2
    if n < 4 or not scale:
        return None
    biased = moment(r, 4) / scale - 3
    return (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * biased + 6)


def value_at_risk(r: Sequence[float], percent: int) -> float | None:
    """Historical: the return that `percent` of the days exceed, between days interpolated."""
    if not r:
        return None
    ordered = sorted(r)
    place = (len(ordered) - 1) * (100 - percent) / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def expected_shortfall(r: Sequence[float], percent: int) -> float | None:
    """Historical: the mean of the days at or beyond the value at risk."""
    bound = value_at_risk(r, percent)
    return None if bound is None else mean([x for x in r if x <= bound])


def normal_value_at_risk(r: Sequence[float], percent: int) -> float | None:
    """m + z · s, as if returns were normal; `percent` is 95 or 99."""
    middle, spread = mean(r), deviation(r)
    return None if middle is None or spread is None else middle + _Z[percent] * spread


def normal_expected_shortfall(r: Sequence[float], percent: int) -> float | None:
    """The mean beyond the normal value at risk: m − s · φ(z) / (1 − percent)."""
    middle, spread = mean(r), deviation(r)
    if middle is None or spread is None:
        return None
    density = exp(-(_Z[percent] ** 2) / 2) / sqrt(2 * pi)
    return middle - spread * density / (1 - percent / 100)


def turnover(traded: float, mean_equity: float, days: float) -> float | None:
    """Half of all traded value over mean equity, a year."""
    if mean_equity <= 0 or days <= 0:
        return None
    return traded / 2 / mean_equity * _DAYS / days


def above_risk_free(r: Sequence[float], periods_per_year: int, risk_free: float) -> list[float]:
    """Returns less the risk-free rate of a period, (1 + a year's)^(1 / N) − 1."""
    daily = (1 + risk_free) ** (1 / periods_per_year) - 1
    return [x - daily for x in r]
