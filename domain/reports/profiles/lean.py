"""As QuantConnect's LEAN defines its figures.

Its annual return is (1 + m)^N − 1. LEAN itself drops the first two samples and rounds to three
places: give it what it sees.
"""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist

from domain.reports.benchmark import beta, tracking_error
from domain.reports.moments import deviation, mean, ratio, times
from domain.reports.sample import Figures, Sample
from domain.reports.statistics import excess_kurtosis, normal_value_at_risk, skew, volatility

_NO_LOSS = 10.0  # what its profit factor says then


def lean(sample: Sample) -> Figures:
    """Of returns, a benchmark and trades, as far as there are any."""
    figures = _of_returns(sample)
    if sample.benchmark:
        figures |= _beside(sample)
    return figures | _of_trades(sample)


def _of_returns(sample: Sample) -> Figures:
    r, periods = sample.returns, sample.periods_per_year
    above = _above(r, periods, sample.risk_free)
    fallen = times(deviation([x for x in r if x < 0]), sqrt(periods))
    return {
        "sharpe": ratio(above, volatility(r, periods)) if r else None,
        "sortino": ratio(above, fallen),
        "volatility": volatility(r, periods),
        "normal_value_at_risk_95": normal_value_at_risk(r, 95),
        "normal_value_at_risk_99": normal_value_at_risk(r, 99),
        "probabilistic_sharpe": _probabilistic_sharpe(r, 1 / sqrt(periods)),
    }


def _beside(sample: Sample) -> Figures:
    r, b, periods, free = (
        sample.returns,
        sample.benchmark,
        sample.periods_per_year,
        sample.risk_free,
    )
    slope = beta(r, b)
    own, other = _above(r, periods, free), _above(b, periods, free)
    if slope is None or own is None or other is None:
        return {}
    return {
        "alpha": own - slope * other if slope else 0.0,
        "beta": slope,
        "tracking_error": tracking_error(r, b, periods),
        "information_ratio": ratio(own - other, tracking_error(r, b, periods)),
        "treynor": ratio(own, slope),
    }


def _of_trades(sample: Sample) -> Figures:
    shares: list[float] = []
    capital = sample.balance
    for profit in sample.profits:  # of what there was by then
        if capital:
            shares.append(profit / capital)
        capital += profit
    wins, losses = [one for one in shares if one > 0], [one for one in shares if one <= 0]
    won, lost = mean(wins) or 0.0, mean(losses) or 0.0
    profit_loss = won / -lost if lost else _NO_LOSS
    rate = len(wins) / len(shares) if shares else 0.0
    gains = sum(one for one in sample.profits if one > 0)
    pains = -sum(one for one in sample.profits if one < 0)
    return {
        "win_rate": rate,
        "average_win": won,
        "average_loss": lost,
        "profit_loss_ratio": profit_loss,
        "profit_factor": gains / pains if pains else _NO_LOSS,
        "expectancy": rate * profit_loss - (1 - rate) if shares else 0.0,
    }


def _above(r: Sequence[float], periods: int, free: float) -> float | None:
    middle = mean(r)
    return None if middle is None else (1 + middle) ** periods - 1 - free


def _probabilistic_sharpe(r: Sequence[float], above: float) -> float | None:
    """With the excess kurtosis in the place of the raw one, as it is coded there."""
    found = ratio(mean(r), deviation(r))
    tilt, tails = skew(r), excess_kurtosis(r)
    if found is None or tilt is None or tails is None:
        return None
    spread = (1 - tilt * found + (tails - 1) / 4 * found**2) / (len(r) - 1)
    return NormalDist().cdf((found - above) / sqrt(spread)) if spread > 0 else None
