"""The server is leaving: streams end with their cursor sent, so that clients resume elsewhere."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

from domain.errors import Unavailable

T = TypeVar("T")


class Drain:
    """Starts once and never ends. Long streams race against it."""

    def __init__(self) -> None:
        self._started = asyncio.Event()

    @property
    def started(self) -> bool:
        return self._started.is_set()

    def start(self) -> None:
        self._started.set()

    async def wait(self) -> None:
        """Returns when draining starts."""
        await self._started.wait()

    async def end(self, items: AsyncIterator[T]) -> AsyncGenerator[T, None]:
        """What `items` yields, until it ends or draining starts.

        Then raises Unavailable SERVER_DRAINING. An item that is ready is still yielded; `items` is
        closed on every way out.
        """
        leaving = asyncio.ensure_future(self.wait())
        following: asyncio.Future[T] | None = None
        try:
            while True:
                following = asyncio.ensure_future(anext(items))
                await asyncio.wait((following, leaving), return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    raise draining()
                try:
                    item = following.result()
                except StopAsyncIteration:
                    return
                yield item
                if leaving.done():
                    raise draining()
        finally:
            await _end(leaving, following)
            if close := getattr(items, "aclose", None):
                await close()


def draining() -> Unavailable:
    return Unavailable(
        "The server is leaving; call again, streams with their last cursor.",
        reason="SERVER_DRAINING",
    )


async def _end(*futures: "asyncio.Future[T] | asyncio.Future[None] | None") -> None:
    waiting = [future for future in futures if future is not None and not future.done()]
    for future in waiting:
        future.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
