"""The time, from outside."""

from typing import Protocol


class Clock(Protocol):
    """Tells the time. Replays and tests bring their own."""

    def now(self) -> int:
        """Nanoseconds since 1970-01-01 UTC."""
        ...
