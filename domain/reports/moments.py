"""Moments of a few numbers, summed without loss, and what is divided by them."""

from collections.abc import Sequence
from math import fsum, sqrt


def mean(r: Sequence[float]) -> float | None:
    """The arithmetic mean; None of nothing."""
    return fsum(r) / len(r) if r else None


def moment(r: Sequence[float], power: int) -> float:
    """The mean of (x − mean)^power; 0 of nothing."""
    middle = mean(r)
    return 0.0 if middle is None else fsum((x - middle) ** power for x in r) / len(r)


def deviation(r: Sequence[float]) -> float | None:
    """The standard deviation of a sample, over n − 1; None below two values."""
    n = len(r)
    return sqrt(moment(r, 2) * n / (n - 1)) if n > 1 else None


def whole_deviation(r: Sequence[float]) -> float | None:
    """The standard deviation of all there is, over n; None of nothing."""
    return sqrt(moment(r, 2)) if r else None


def covariance(r: Sequence[float], b: Sequence[float]) -> float | None:
    """That of a sample, over n − 1; None below two values. Both have the same length."""
    n = len(r)
    if n < 2:
        return None
    one, other = fsum(r) / n, fsum(b) / n
    return fsum((x - one) * (y - other) for x, y in zip(r, b, strict=True)) / (n - 1)


def ratio(above: float | None, below: float | None) -> float | None:
    """A quotient; None where one of them is not known or nothing can be divided by."""
    return above / below if above is not None and below else None


def times(value: float | None, factor: float) -> float | None:
    """A product; None of what is not known."""
    return None if value is None else value * factor
