"""No unary call runs for ever."""

import asyncio

from apps.interceptors.call import Call

LONGEST_UNARY_SECONDS = 30.0


def limited(call: Call, longest: float = LONGEST_UNARY_SECONDS) -> asyncio.Timeout:
    """Cancels the work inside after `longest` seconds, or the caller's own shorter deadline.

    Raises TimeoutError then.
    """
    remaining: float | None = call.context.time_remaining()  # its stub promises a float
    return asyncio.timeout(longest if remaining is None else min(remaining, longest))
