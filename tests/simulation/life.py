"""One life of a process: from its start to its crash. Nothing of a dead one ever goes on."""

import asyncio
from typing import Any

from ports.clock import Clock
from tests.simulation.broker import EPOCH
from tests.simulation.dice import Dice


class Life(Clock):
    """A process while it lives, and its clock. Every port waits here before and after it acts.

    A crash is that what waits here waits for ever: no `except`, no `finally` runs, as after a
    kill -9. What runs between two waits cannot be interrupted, and does not have to be: nobody else
    could see it half done.
    """

    def __init__(self, loop: Any, dice: Dice, name: str) -> None:
        self.loop = loop
        self.dice = dice
        self.name = name
        self.is_dead = False
        self.is_over = False
        self.stopped_until = 0.0
        self.skew = 0
        self.died: asyncio.Future[None] = loop.create_future()
        self.kept_alive: list[object] = []
        self.wrong: list[str] = []

    def now(self) -> int:
        return EPOCH + int(self.loop.time() * 1e9) + self.skew

    async def pause(self, seconds: float) -> None:
        """Waits; for ever, if it dies meanwhile."""
        loop = self.loop
        waiting = loop.create_future()
        loop.call_later(seconds, wake, waiting)
        await waiting
        if self.is_dead or loop.time() < self.stopped_until:
            await self._stand_still()

    async def step(self, longest: float = 0.002) -> None:
        """A moment in which a process may die, be stopped, or have its clock set."""
        dice = self.dice
        if dice.strikes("crash"):
            self.die()
        elif dice.strikes("stopped"):
            self.stopped_until = self.loop.time() + dice.between(1.0, 60.0)
        elif dice.strikes("clock_jump"):
            self.skew = int(dice.between(-3600.0, 3600.0) * 1e9)
        await self.pause(dice.between(0.0, longest))

    def die(self) -> None:
        """kill -9."""
        if not self.is_dead:
            self.is_dead = True
            self.died.set_result(None)

    async def _stand_still(self) -> None:
        while not self.is_dead and self.loop.time() < self.stopped_until:
            await self._sleep(self.stopped_until - self.loop.time())
        if self.is_dead:
            if self.is_over:
                raise Gone
            forever = self.loop.create_future()
            self.kept_alive.append(forever)
            await forever

    async def _sleep(self, seconds: float) -> None:
        waiting = self.loop.create_future()
        self.loop.call_later(seconds, wake, waiting)
        await waiting


class Gone(BaseException):
    """What a port says to coroutines of the dead that are being thrown away."""


def wake(waiting: "asyncio.Future[None]") -> None:
    """Ends a waiting, unless something else has."""
    if not waiting.done():
        waiting.set_result(None)
