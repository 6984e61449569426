"""No unary call runs for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from apps.interceptors.call import Call

LONGEST_UNARY_SECONDS = 30.0


@asynccontextmanager
async def limited(call: Call, longest: float = LONGEST_UNARY_SECONDS) -> AsyncIterator[None]:
    """Cancels the work after `longest` seconds, or after the caller's own shorter deadline.

    Raises TimeoutError then.
    """
    remaining: float | None = call.context.time_remaining()  # its stub promises a float
    async with asyncio.timeout(longest if remaining is None else min(remaining, longest)):
        yield
