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

    async def begin(self) -> bool:
        """Takes the lease if it is free; whether it was. Raises what keeps it from being taken."""
        self._holding = asyncio.create_task(self._lease.hold(), name="the lease")
        held = asyncio.create_task(self._lease.held())
        try:
            waiting = {self._holding, held}
            await asyncio.wait(waiting, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if self._holding.done():
                self._holding.result()
            return held.done()
        finally:
            held.cancel()

    async def run(self) -> None:
        """Without an end. Raises what trading raises."""
        while True:
            holding = self._holding or asyncio.create_task(self._lease.hold(), name="the lease")
            self._holding = holding
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
