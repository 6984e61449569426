"""Leases of tests that are alone in their store."""

import asyncio

from ports.lease import Lease


class SoleHolder(Lease):
    """Holds from the beginning to the end."""

    @property
    def epoch(self) -> int:
        return 1

    @property
    def is_clear(self) -> bool:
        return True

    async def clear(self) -> None:
        """At once."""

    def may_send(self) -> bool:
        return True

    async def hold(self) -> None:
        await asyncio.Event().wait()

    async def held(self) -> None:
        """At once."""

    async def release(self) -> None:
        """Nobody else waits for it."""


class EndedLease(SoleHolder):
    """A lease that is about to end."""

    def may_send(self) -> bool:
        return False
