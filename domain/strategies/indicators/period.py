"""What an indicator is made with: how far it looks back, and factors."""

from math import isfinite

from domain.errors import invalid


def checked_period(period: int, field: str = "period", least: int = 1) -> int:
    """The period, if it is a whole number of at least `least`. Raises InvalidRequest."""
    if type(period) is not int or period < least:
        wanted = "above zero" if least == 1 else f"of at least {least}"
        raise invalid(field, f"must be a whole number {wanted}, not {period!r}")
    return period


def checked_factor(factor: float, field: str) -> float:
    """The factor, if it is a finite number above zero. Raises InvalidRequest."""
    if type(factor) not in (int, float) or not isfinite(factor) or factor <= 0:
        raise invalid(field, f"must be a finite number above zero, not {factor!r}")
    return float(factor)
