"""What returns come to, one after the other."""

from collections.abc import Sequence
from itertools import accumulate


def growth(r: Sequence[float]) -> list[float]:
    """What 1 becomes, that 1 included: 1, 1 + r₁, (1 + r₁) · (1 + r₂), …"""
    return list(accumulate(r, lambda held, one: held * (1 + one), initial=1.0))


def compounded(r: Sequence[float]) -> float:
    """The return of all of them together."""
    return growth(r)[-1] - 1


def annualised(r: Sequence[float], periods_per_year: int) -> float | None:
    """The growth a year, (end / start)^(N / n) − 1; None where all is lost, or of nothing."""
    end = growth(r)[-1]
    if not r or end <= 0:
        return None
    try:
        return float(end ** (periods_per_year / len(r)) - 1)
    except OverflowError:
        return None


def falls(r: Sequence[float]) -> list[float]:
    """How far each point of the growth is below the highest before it: zero or negative."""
    values = growth(r)
    peaks = accumulate(values, max)
    return [
        value / peak - 1 if peak > 0 else 0.0 for value, peak in zip(values, peaks, strict=True)
    ]
