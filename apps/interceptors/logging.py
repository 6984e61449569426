"""One line a call: who, what, how it ended, how long it took. Never what it said."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import structlog

from apps.interceptors.call import Call

log = structlog.get_logger("calls")


@asynccontextmanager
async def logged(call: Call) -> AsyncIterator[None]:
    """Logs the call when it ends, on whichever way."""
    try:
        yield
    except (asyncio.CancelledError, GeneratorExit):
        call.code = grpc.StatusCode.CANCELLED  # the client went away
        raise
    finally:
        _write(call)


def _write(call: Call) -> None:
    facts: dict[str, object] = {
        "method": call.method,
        "code": call.code.name,
        "ms": round((time.perf_counter() - call.start) * 1000, 2),
    }
    if call.reason:
        facts["reason"] = call.reason
    if call.caller is not None:
        facts["tenant"] = call.caller.tenant
        facts["principal"] = call.caller.principal
    if call.request_id:
        facts["request_id"] = call.request_id
    if call.error is not None:
        log.error("call", **facts, incident_id=call.incident_id, exc_info=call.error)
    else:
        log.info("call", **facts)
