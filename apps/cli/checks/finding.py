"""One thing that was looked at."""

from msgspec import Struct


class Finding(Struct, frozen=True):
    """`state` is ok, note (worth knowing) or problem; a problem has a `mend`, one thing to do."""

    check: str
    state: str
    found: str
    mend: str = ""


def ok(check: str, found: str) -> Finding:
    """As it should be."""
    return Finding(check, "ok", found)


def note(check: str, found: str, mend: str = "") -> Finding:
    """Nothing wrong, but worth knowing."""
    return Finding(check, "note", found, mend)


def problem(check: str, found: str, mend: str) -> Finding:
    """Something that keeps the platform, or this command, from working."""
    return Finding(check, "problem", found, mend)
