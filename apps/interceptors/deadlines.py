"""No unary call runs for ever."""

import asyncio

from apps.interceptors.call import Call

LONGEST_UNARY_SECONDS = 30.0


def limited(call: Call, longest: float = LONGEST_UNARY_SECONDS) -> asyncio.Timeout | None:
    """Cancels the work inside after `longest` seconds and raises TimeoutError.

    None where the caller's own deadline is shorter: gRPC itself keeps that, and cancels the whole
    call.
    """
    remaining: float | None = call.context.time_remaining()  # its stub promises a float
    if remaining is not None and remaining <= longest:
        return None
    return asyncio.timeout(longest)
