"""As Freqtrade defines its figures: by the trade, for a balance, over calendar days.

Its Sharpe and Sortino divide a mean by the day through a deviation by the trade, and its Calmar
is no growth over a drawdown; both depend on how often was traded.
"""

from collections.abc import Sequence
from itertools import accumulate
from math import sqrt

from domain.reports.moments import deviation, mean, ratio, times, whole_deviation
from domain.reports.sample import Figures, Sample
from domain.reports.statistics import cagr

_YEAR = 365
_NO_LOSS = 100.0  # what its expectancy ratio says then


def freqtrade(sample: Sample) -> Figures:
    """Of closed trades; returns by the day and a benchmark are not looked at."""
    profits, balance, days = sample.profits, sample.balance, sample.days
    shares = [one / balance for one in profits] if balance else []
    a_day = ratio(sum(shares), days)
    fall, depth = _drawdown(sample)
    wins, losses = [one for one in profits if one > 0], [one for one in profits if one < 0]
    return {
        "sharpe": times(ratio(a_day, whole_deviation(shares)), sqrt(_YEAR)),
        "sortino": times(
            ratio(a_day, whole_deviation([one for one in shares if one < 0])), sqrt(_YEAR)
        ),
        "calmar": times(ratio(times(a_day, 100.0), depth), sqrt(_YEAR)),
        "cagr": cagr(balance, balance + sum(profits), days) or 0.0,
        "max_drawdown_money": fall,
        "max_drawdown": depth,
        "win_rate": ratio(len(wins), len(profits)) or 0.0,
        "profit_factor": ratio(sum(wins), -sum(losses)) or 0.0,
        **_expectancies(profits, wins, losses),
        "system_quality": _system_quality(profits),
    }


def _drawdown(sample: Sample) -> tuple[float, float]:
    """The largest fall of closed profits in money, and over the balance where it began."""
    values = list(accumulate(sample.profits, initial=0.0))
    peaks = list(accumulate(values, max))
    fall, peak = max((peak - value, peak) for value, peak in zip(values, peaks, strict=True))
    whole = sample.balance + peak
    return fall, fall / whole if whole else 0.0


def _expectancies(profits: Sequence[float], wins: list[float], losses: list[float]) -> Figures:
    count = len(wins) + len(losses)
    if not count:
        return {"expectancy": 0.0, "expectancy_ratio": _NO_LOSS}
    won, lost = mean(wins) or 0.0, -(mean(losses) or 0.0)
    rate = len(wins) / len(profits)
    return {
        "expectancy": rate * won - (1 - rate) * lost,
        "expectancy_ratio": (1 + won / lost) * rate - 1 if lost else _NO_LOSS,
    }


def _system_quality(profits: Sequence[float]) -> float | None:
    """Tharp's: √n · mean / deviation of the profits, over n − 1."""
    return times(ratio(mean(profits), deviation(profits)), sqrt(len(profits)))
