"""The lengths a bar may have, by the names that people type."""

from domain.errors import invalid

DAILY = "1d"
_SECONDS = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1800,
    "1h": 3600,
    "4h": 14400,
    DAILY: 86400,
}
TIMEFRAMES = tuple(_SECONDS)


def span_of(timeframe: str, field: str = "timeframe") -> int:
    """The length of a bar in nanoseconds; that of `1d` is nominal, its span is the session.

    Raises InvalidRequest (`UNKNOWN_TIMEFRAME`) naming `field`.
    """
    if timeframe not in _SECONDS:
        known = ", ".join(TIMEFRAMES)
        raise invalid(field, f"must be one of {known}", reason="UNKNOWN_TIMEFRAME")
    return _SECONDS[timeframe] * 1_000_000_000
