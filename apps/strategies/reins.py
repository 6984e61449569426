"""How a run at work is stopped or left alone: between two bars, never in the middle of one."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import TypeVar

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
        pulled = asyncio.create_task(self._pulled.wait())
        coming: asyncio.Future[T] | None = None
        try:
            while not self._pulled.is_set():
                coming = asyncio.ensure_future(anext(items))
                await asyncio.wait((coming, pulled), return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    return
                try:
                    item = coming.result()
                except StopAsyncIteration:
                    return
                yield item
        finally:
            await _end(pulled, coming)
            if close := getattr(items, "aclose", None):
                await close()


async def _end(*futures: "asyncio.Future[T] | asyncio.Task[bool] | None") -> None:
    waiting = [future for future in futures if future is not None and not future.done()]
    for future in waiting:
        future.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
