"""How a run at work is stopped or left alone: between two bars, never in the middle of one."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import TypeVar

from apps.following import CutOff, until

T = TypeVar("T")


class Reins:
    """The reins of one run: it ends between two bars, when asked to stop or when we leave."""

    def __init__(self) -> None:
        self.stopped = False
        self.left = False
        self._pulled = asyncio.Event()

    def stop(self) -> None:
        """End the run."""
        self.stopped = True
        self._pulled.set()

    def leave(self) -> None:
        """Let it be; the next start goes on with it."""
        self.left = True
        self._pulled.set()

    async def pause(self, seconds: float) -> None:
        """Waits so long, or until somebody pulls."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._pulled.wait()

    async def until_pulled(self, items: AsyncIterator[T]) -> AsyncGenerator[T, None]:
        """What `items` yields, until it ends or somebody pulls."""
        with suppress(CutOff):
            async with aclosing(until(self._pulled, items)) as coming:
                async for item in coming:
                    yield item
