"""The lease as the store keeps it, and as one process holds it."""

import asyncio

from ports.lease import Lease, LeaseLost
from tests.simulation.life import Life
from tests.simulation.store import WatchedMemory

TTL = 15.0
SEND_GUARD = 7.0  # what a sending may take, and a pause in it


class LeaseRow:
    """The one row of the lease: who may change accounts, by the time of the database."""

    def __init__(self, memory: WatchedMemory) -> None:
        self.memory = memory
        self.expires_at = 0.0

    def take(self, now: float) -> int:
        """The next epoch, or 0 while somebody holds it."""
        if now < self.expires_at:
            return 0
        self.expires_at = now + TTL
        self.memory.epoch += 1
        return self.memory.epoch

    def renew(self, epoch: int, now: float) -> bool:
        """Some more time for the holder."""
        if epoch != self.memory.epoch or now >= self.expires_at:
            return False
        self.expires_at = now + TTL
        return True


class SimLease(Lease):
    """One process's view; `epoch` stays what it was, until it learns better."""

    def __init__(self, life: Life, row: LeaseRow) -> None:
        self._life = life
        self._row = row
        self._epoch = 0
        self._guard_until = 0.0
        self._held: asyncio.Event = asyncio.Event()
        self._clear: asyncio.Event = asyncio.Event()

    @property
    def epoch(self) -> int:
        return self._epoch

    @property
    def is_clear(self) -> bool:
        return self._held.is_set() and self._clear.is_set()

    async def clear(self) -> None:
        await self._clear.wait()
        if not self._held.is_set():
            raise LeaseLost("the lease was lost")

    def may_send(self) -> bool:
        return self.is_clear and self._life.loop.time() < self._guard_until

    def was_taken(self) -> bool:
        """Whether another process has taken it, though this one may not know yet."""
        return self._epoch != self._row.memory.epoch

    async def hold(self) -> None:
        life = self._life
        self._clear.clear()
        began = 0.0
        while not self._epoch:
            began = life.loop.time()
            await life.step()
            self._epoch = self._row.take(life.loop.time())
            if not self._epoch:
                await life.pause(1.0)
        self._guard_until = began + TTL - SEND_GUARD
        self._held.set()
        clearing = life.loop.call_later(SEND_GUARD, self._clear.set)
        await self._renew()
        clearing.cancel()
        self._epoch, self._guard_until = 0, 0.0
        self._held.clear()
        self._clear.set()

    async def held(self) -> None:
        await self._held.wait()

    async def release(self) -> None:
        if self._epoch == self._row.memory.epoch:
            self._row.expires_at = 0.0

    async def _renew(self) -> None:
        life = self._life
        while True:
            began = life.loop.time()
            await life.step()
            if not life.dice.strikes("renewal_lost"):
                if not self._row.renew(self._epoch, life.loop.time()):
                    return
                self._guard_until = began + TTL - SEND_GUARD
            await life.pause(TTL / 3 if self._guard_until > life.loop.time() else 1.0)
