"""Figures beside those of a benchmark; both are given as returns of the same periods."""

from collections.abc import Sequence
from math import sqrt

from domain.reports.moments import covariance, deviation, mean, moment, ratio, times


def beta(r: Sequence[float], b: Sequence[float]) -> float | None:
    """How much r moves for a move of the benchmark: cov(r, b) / var(b), of a sample."""
    variance = moment(b, 2) * len(b) / (len(b) - 1) if len(b) > 1 else None
    return ratio(covariance(r, b), variance)


def alpha(
    r: Sequence[float], b: Sequence[float], periods_per_year: int, risk_free: float = 0.0
) -> float | None:
    """Jensen's (1968), a year: N · ((m − f) − β · (m_b − f)) with the risk-free rate f a period."""
    slope, own, other = beta(r, b), mean(r), mean(b)
    if slope is None or own is None or other is None:
        return None
    free: float = (1 + risk_free) ** (1 / periods_per_year) - 1
    return periods_per_year * ((own - free) - slope * (other - free))


def correlation(r: Sequence[float], b: Sequence[float]) -> float | None:
    """Pearson's, −1 to 1."""
    one, other = deviation(r), deviation(b)
    return None if one is None or other is None else ratio(covariance(r, b), one * other)


def active(r: Sequence[float], b: Sequence[float]) -> list[float]:
    """What r has beyond the benchmark, period by period."""
    return [x - y for x, y in zip(r, b, strict=True)]


def tracking_error(r: Sequence[float], b: Sequence[float], periods_per_year: int) -> float | None:
    """s · √N of what is active."""
    return times(deviation(active(r, b)), sqrt(periods_per_year))


def information_ratio(
    r: Sequence[float], b: Sequence[float], periods_per_year: int
) -> float | None:
    """m / s · √N of what is active."""
    beyond = active(r, b)
    return times(ratio(mean(beyond), deviation(beyond)), sqrt(periods_per_year))


def capture(r: Sequence[float], b: Sequence[float], *, up: bool) -> float | None:
    """The mean of r over that of the benchmark, in the periods in which that rose, or fell."""
    pairs = [(x, y) for x, y in zip(r, b, strict=True) if (y > 0 if up else y < 0)]
    return ratio(mean([x for x, _ in pairs]), mean([y for _, y in pairs]))
