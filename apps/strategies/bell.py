"""Wakes a run that waits for its next bar."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

from apps.following import end_all

T = TypeVar("T")


class Bell:
    """Who has asked something of a run rings, so that it is heard before the next bar."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wakes the run; while it is busy, as soon as it waits again."""
        self._rung.set()

    async def between(self, items: AsyncIterator[T]) -> AsyncGenerator[T | None, None]:
        """The items, and None each time that somebody rang while one was awaited."""
        coming: asyncio.Future[T] | None = None
        ringing: asyncio.Future[bool] | None = None
        try:
            while True:
                coming = coming or asyncio.ensure_future(anext(items))
                ringing = ringing or asyncio.ensure_future(self._rung.wait())
                await asyncio.wait((coming, ringing), return_when=asyncio.FIRST_COMPLETED)
                if ringing.done():
                    self._rung.clear()
                    ringing = None
                    yield None
                    continue
                try:
                    item = coming.result()
                except StopAsyncIteration:
                    return
                coming = None
                yield item
        finally:
            await end_all(coming, ringing)
            if close := getattr(items, "aclose", None):
                await close()
