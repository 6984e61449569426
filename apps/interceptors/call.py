"""One call on its way through the house."""

import asyncio
import time
from typing import Any, TypeAlias

import grpc

from apps.caller import Caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class Call:
    """What is known of a call so far; each interceptor adds its part."""

    __slots__ = (
        "caller",
        "code",
        "context",
        "error",
        "incident_id",
        "metadata",
        "method",
        "reason",
        "start",
    )

    def __init__(self, method: str, context: Context) -> None:
        self.method = method  # /trademesh.orders.v1.OrderService/PlaceOrder
        self.context = context
        self.metadata = dict(context.invocation_metadata() or ())
        self.start = time.perf_counter()
        self.caller: Caller | None = None
        self.code = grpc.StatusCode.OK
        self.reason = ""
        self.error: BaseException | None = None  # what nobody foresaw,
        self.incident_id = ""  # and the name under which the log has it

    def leave(self, error: BaseException) -> None:
        """Ended by what is no error of ours."""
        if isinstance(error, asyncio.CancelledError | GeneratorExit):
            self.code = grpc.StatusCode.CANCELLED  # the client went away

    @property
    def request_id(self) -> str:
        """The id that Envoy gave this call, or the empty string."""
        return self.text("x-request-id")[:64]

    def text(self, key: str) -> str:
        value = self.metadata.get(key, "")
        return value if isinstance(value, str) else ""
