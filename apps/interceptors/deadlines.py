"""No unary call runs for ever."""

import asyncio

from apps.interceptors.call import Call

LONGEST_UNARY_SECONDS = 30.0


def limited(call: Call, longest: float = LONGEST_UNARY_SECONDS) -> asyncio.Timeout:
    """Cancels the work inside after `longest` seconds and raises TimeoutError.

    A caller's own shorter deadline is kept by gRPC itself, which cancels the whole call.
    """
    remaining: float | None = call.context.time_remaining()  # its stub promises a float
    is_shorter = remaining is not None and remaining <= longest
    return asyncio.timeout(None if is_shorter else longest)
