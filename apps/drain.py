"""The server is leaving: streams end with their cursor sent, so that clients resume elsewhere."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar

from apps.following import CutOff, until
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
        try:
            async with aclosing(until(self._started, items)) as coming:
                async for item in coming:
                    yield item
        except CutOff:
            raise draining() from None


def draining() -> Unavailable:
    return Unavailable(
        "The server is leaving; call again, streams with their last cursor.",
        reason="SERVER_DRAINING",
    )
