"""One line a call: who, what, how it ended, how long it took. Never what it said."""

import asyncio
import time

import grpc
import structlog

from apps.interceptors.call import Call

log = structlog.get_logger("calls")


class Logged:
    """Logs the call when it ends, on whichever way."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(
        self, _kind: object, error: BaseException | None, _traceback: object
    ) -> None:
        if isinstance(error, asyncio.CancelledError | GeneratorExit):
            self._call.code = grpc.StatusCode.CANCELLED  # the client went away
        _write(self._call)


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
