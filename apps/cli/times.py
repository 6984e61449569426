"""Times as people type them."""

import re
from datetime import UTC, datetime

from apps.cli.failure import usage

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_HINT = "a date (2000-03-01, midnight UTC) or a time with its zone (2000-03-01T14:30:00Z)"


def to_timestamp(text: str, option: str) -> str:
    """A date or a time with a zone, as the API writes it. A date is midnight UTC.

    Raises Failure (exit 2) for anything else: a time without a zone is nobody's time.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise usage(f"{option} {text}: not a time", hint=_HINT) from error
    if _DATE.fullmatch(text):
        time = time.replace(tzinfo=UTC)
    if time.tzinfo is None:
        raise usage(f"{option} {text}: a time needs its zone", hint=_HINT)
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def time_range(start: str | None, end: str | None) -> dict[str, str]:
    """`start_time` and `end_time` for a request; what is not given is left out."""
    times = {}
    if start is not None:
        times["start_time"] = to_timestamp(start, "--start")
    if end is not None:
        times["end_time"] = to_timestamp(end, "--end")
    return times
