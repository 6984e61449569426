"""Following what comes until something else happens."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

T = TypeVar("T")


class CutOff(Exception):
    """It happened before the items had come to their end."""


async def until(event: asyncio.Event, items: AsyncIterator[T]) -> AsyncGenerator[T, None]:
    """What `items` yields, until it ends by itself. Raises CutOff once `event` is set.

    An item that is ready is still yielded; `items` is closed on every way out.
    """
    happening = asyncio.ensure_future(event.wait())
    coming: asyncio.Future[T] | None = None
    try:
        while not event.is_set():
            coming = asyncio.ensure_future(anext(items))
            await asyncio.wait((coming, happening), return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                break
            try:
                item = coming.result()
            except StopAsyncIteration:
                return
            yield item
        raise CutOff
    finally:
        await end_all(happening, coming)
        if close := getattr(items, "aclose", None):
            await close()


async def end_all(*futures: "asyncio.Future[T] | asyncio.Future[bool] | None") -> None:
    """Cancels what is still awaited, and waits until it has ended."""
    waiting = [future for future in futures if future is not None and not future.done()]
    for future in waiting:
        future.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
