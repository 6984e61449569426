"""Figures by the definitions of other tools, to recognise a number that is known from there.

Where a figure is not defined there, it is what that tool then says. `reference` is our own.
"""

from collections.abc import Callable

from domain.errors import invalid
from domain.reports.profiles.freqtrade import freqtrade
from domain.reports.profiles.lean import lean
from domain.reports.profiles.nautilus import nautilus
from domain.reports.profiles.quantstats import quantstats
from domain.reports.profiles.reference import reference
from domain.reports.sample import Figures, Sample

PROFILES: dict[str, Callable[[Sample], Figures]] = {
    "reference": reference,
    "lean": lean,
    "nautilus": nautilus,
    "freqtrade": freqtrade,
    "quantstats": quantstats,
}


def figures_of(sample: Sample, profile: str = "reference") -> Figures:
    """By that profile. Raises InvalidRequest (`UNKNOWN_PROFILE`) for another name."""
    made = PROFILES.get(profile)
    if made is None:
        known = ", ".join(PROFILES)
        raise invalid("profile", f"is one of {known}, not {profile!r}", reason="UNKNOWN_PROFILE")
    return made(sample)
