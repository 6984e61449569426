"""Forgets what is kept for a stated time only. Orders, fills and ledgers are none of it."""

from typing import Protocol


class Retention(Protocol):
    """Each call removes a small piece, the oldest first, so that nobody waits for it."""

    async def forget_events(self, before_ts: int, *, limit: int) -> int:
        """Events from before then that were told, and notes of who consumed them. How many.

        The newest event stays, whatever its age.
        """
        ...

    async def forget_requests(self, before_ts: int, *, limit: int) -> int:
        """Answers to requests from before then. How many.

        An order that was placed by such a request is still that order when it is asked for again.
        """
        ...
