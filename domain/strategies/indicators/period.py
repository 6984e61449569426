"""How far an indicator looks back."""

from domain.errors import invalid


def checked_period(period: int) -> int:
    """The period, if it is a whole number above zero. Raises InvalidRequest."""
    if type(period) is not int or period < 1:
        raise invalid("period", f"must be a whole number above zero, not {period!r}")
    return period
