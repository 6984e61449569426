"""One line a call: who, what, how it ended, how long it took. Never what it said."""

import time

import structlog
from msgspec import structs

from apps.interceptors.call import Call
from apps.log_file import CallLine
from apps.logs import log_call

log = structlog.get_logger("calls")


def write_line(call: Call) -> None:
    """Logs the call, which has ended."""
    caller = call.caller
    line = CallLine(
        time.time(),
        call.method,
        call.code.name,
        round((time.perf_counter() - call.start) * 1000, 2),
        call.reason,
        caller.tenant if caller else "",
        caller.principal if caller else "",
        call.request_id,
    )
    if call.error is None:
        log_call(line)
    else:
        facts = structs.asdict(line)
        del facts["time"], facts["level"]
        log.error("call", **facts, incident_id=call.incident_id, exc_info=call.error)
