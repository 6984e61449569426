"""Knows when venues trade."""

from datetime import date
from typing import Protocol

from domain.market_data.sessions import Sessions


class Calendars(Protocol):
    """The regular sessions of venues, half days and all."""

    def sessions(self, venue: str, first_day: date, last_day: date) -> Sessions | None:
        """The sessions of the dates from `first_day` to `last_day`, both included.

        `venue` is a market identifier code; the venues of New York share one calendar, and that of
        `SYNTHETIC` is theirs. `24/7` is a venue that never sleeps: a session is a day, UTC. None
        for a venue that nobody knows. May take seconds: call it where nobody waits.
        """
        ...
