"""Whether a Sharpe ratio may be luck."""

from collections.abc import Sequence
from math import e, sqrt
from statistics import NormalDist

from domain.reports.moments import deviation, mean, ratio
from domain.reports.statistics import excess_kurtosis, skew

_EULER = 0.5772156649015329
_NORMAL = NormalDist()


def probabilistic_sharpe(r: Sequence[float], above: float = 0.0) -> float | None:
    """The probability that the true Sharpe ratio is above that one, neither of them annualised.

    Bailey and López de Prado (2012): Φ((S − S*) · √(n − 1) / √(1 − g·S + (k + 2) / 4 · S²)) with
    the skew g and the excess kurtosis k. Their formula has (raw kurtosis − 1) / 4.
    """
    found = ratio(mean(r), deviation(r))
    lean, tails = skew(r), excess_kurtosis(r)
    if found is None or lean is None or tails is None:
        return None
    spread = 1 - lean * found + (tails + 2) / 4 * found**2
    if spread <= 0:
        return None
    return _NORMAL.cdf((found - above) * sqrt((len(r) - 1) / spread))


def luckiest_sharpe(trials: int, variance: float) -> float:
    """The best Sharpe ratio to be expected of so many trials without any skill.

    `variance` is that of the trials' Sharpe ratios; none is annualised. Bailey and López de Prado
    (2014): √V · ((1 − γ) · Φ⁻¹(1 − 1 / T) + γ · Φ⁻¹(1 − 1 / (T · e))); 0 for one trial.
    """
    if trials < 2:
        return 0.0
    first, second = _NORMAL.inv_cdf(1 - 1 / trials), _NORMAL.inv_cdf(1 - 1 / (trials * e))
    return sqrt(variance) * ((1 - _EULER) * first + _EULER * second)


def deflated_sharpe(r: Sequence[float], trials: int, variance: float) -> float | None:
    """The probability that the best of so many trials has any skill."""
    return probabilistic_sharpe(r, luckiest_sharpe(trials, variance))
