"""Figures over a window that moves along the days."""

from collections.abc import Callable, Sequence

from domain.reports.benchmark import beta
from domain.reports.compounding import compounded
from domain.reports.statistics import sharpe, sortino, volatility

Rolling = list[float | None]
"""One for each day, None before the first whole window and where it is not defined."""


def rolling_volatility(r: Sequence[float], window: int, periods_per_year: int) -> Rolling:
    """`volatility` of the last `window` returns."""
    return _rolled(r, window, lambda part: volatility(part, periods_per_year))


def rolling_sharpe(
    r: Sequence[float], window: int, periods_per_year: int, risk_free: float = 0.0
) -> Rolling:
    """`sharpe` of the last `window` returns."""
    return _rolled(r, window, lambda part: sharpe(part, periods_per_year, risk_free))


def rolling_sortino(
    r: Sequence[float], window: int, periods_per_year: int, risk_free: float = 0.0
) -> Rolling:
    """`sortino` of the last `window` returns."""
    return _rolled(r, window, lambda part: sortino(part, periods_per_year, risk_free))


def rolling_return(r: Sequence[float], window: int) -> Rolling:
    """What the last `window` returns came to."""
    return _rolled(r, window, compounded)


def rolling_beta(r: Sequence[float], b: Sequence[float], window: int) -> Rolling:
    """`beta` over the last `window` returns of both, which have the same length."""
    found: Rolling = [None] * min(window - 1, len(r))
    for end in range(window, len(r) + 1):
        found.append(beta(r[end - window : end], b[end - window : end]))
    return found


def _rolled(
    r: Sequence[float], window: int, of: Callable[[Sequence[float]], float | None]
) -> Rolling:
    found: Rolling = [None] * min(window - 1, len(r))
    found.extend(of(r[end - window : end]) for end in range(window, len(r) + 1))
    return found
