"""One process trades: the holder of the lease. Every other one reads, and waits for its turn."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from domain.errors import Unavailable
from ports.lease import Lease

PATIENCE = 1.0  # seconds that a start waits for a lease that somebody else may hold

_log = structlog.get_logger("lease")


class Holding:
    """Trades while this process holds the lease, and again whenever it has got it back."""

    def __init__(self, lease: Lease, trade: Callable[[], Awaitable[None]]) -> None:
        """`trade` goes on until it is canceled."""
        self._lease = lease
        self._trade = trade
        self._holding: asyncio.Task[None] | None = None

    def ask(self) -> "asyncio.Task[None]":
        """Asks for the lease, if nobody has yet; returns at once."""
        if self._holding is None:
            self._holding = asyncio.create_task(self._lease.hold(), name="the lease")
        return self._holding

    async def begin(self) -> bool:
        """Takes the lease if it is free; whether it was. Raises what keeps it from being taken."""
        holding = self.ask()
        held = asyncio.create_task(self._lease.held())
        try:
            await asyncio.wait(
                {holding, held}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED
            )
            if holding.done():
                holding.result()
            return held.done()
        finally:
            held.cancel()

    async def run(self) -> None:
        """Without an end. Raises what trading raises."""
        while True:
            holding = self.ask()
            if await _first(holding, self._lease.held()):
                await _first(holding, self._trade())
            holding.result()
            _log.warning("lease_lost", epoch=self._lease.epoch)
            self._holding = None

    async def stop(self) -> None:
        """Gives the lease free, when nothing is sent any more."""
        if self._holding is None:
            return
        if self._lease.epoch:
            try:
                await self._lease.release()
            except Unavailable as error:
                _log.warning("lease_not_released", why=error.message)
        self._holding.cancel()
        await asyncio.gather(self._holding, return_exceptions=True)


async def _first(holding: "asyncio.Task[None]", work: Awaitable[None]) -> bool:
    """Whether the work ended while the lease was held; it is ended otherwise. Raises its error."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({holding, task}, return_when=asyncio.FIRST_COMPLETED)
        if task.done() and not holding.done():
            task.result()
            return True
        return False
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
