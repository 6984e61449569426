"""The interceptors in their order, outermost first: log, errors, deadline, token, object, rules.

Unary and streaming calls pass the same ones. A request is read only after the token was good.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeAlias, cast

import grpc
from google.protobuf.message import DecodeError, Message

from apps.interceptors.auth import Gate, while_valid
from apps.interceptors.call import Call, Context
from apps.interceptors.deadlines import limited
from apps.interceptors.errors import Translated
from apps.interceptors.logging import Logged
from apps.interceptors.rules import check_rules
from domain.errors import InvalidRequest, QuotaExceeded
from gateway.open_services import OPEN_SERVICES

LARGEST_REQUEST = 5 * 1024 * 1024

Parse: TypeAlias = Callable[[bytes], Message]
Unary: TypeAlias = Callable[[Message, Context], Awaitable[Message]]
Stream: TypeAlias = Callable[[Message, Context], AsyncGenerator[Message, None]]
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
MaybeHandler: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"


class Interceptors(grpc.aio.ServerInterceptor):
    """Wraps the handler of each method once, at its first call.

    The open services pass untouched. What is neither open nor among `methods` is not served.
    """

    def __init__(self, methods: frozenset[str], gate: Gate) -> None:
        self._methods = methods
        self._gate = gate
        self._wrapped: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[MaybeHandler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> MaybeHandler:
        method = handler_call_details.method
        if method not in self._methods:
            is_open = method.rpartition("/")[0].lstrip("/") in OPEN_SERVICES
            return await continuation(handler_call_details) if is_open else None
        if method not in self._wrapped:
            handler = await continuation(handler_call_details)
            if handler is None:
                return None
            self._wrapped[method] = self._wrap(method, handler)
        return self._wrapped[method]

    def _wrap(self, method: str, handler: Handler) -> Handler:
        # The stubs of gRPC describe its synchronous servers.
        parse = cast("Parse", handler.request_deserializer)
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(
                self._unary(method, parse, cast("Unary", handler.unary_unary)),
                response_serializer=handler.response_serializer,
            )
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(method, parse, cast("Stream", handler.unary_stream)),
                response_serializer=handler.response_serializer,
            )
        raise TypeError(f"{method}: calls that stream requests are not served")

    def _unary(
        self, method: str, parse: Parse, handler: Unary
    ) -> Callable[[bytes, Context], Awaitable[Message]]:
        async def unary(content: bytes, context: Context) -> Message:
            call = Call(method, context)
            async with Logged(call), Translated(call), limited(call):
                self._gate.admit(call)
                request = _read(parse, content)
                await self._gate.check_object(call, request)
                check_rules(request)
                return await handler(request, context)

        return unary

    def _stream(
        self, method: str, parse: Parse, handler: Stream
    ) -> Callable[[bytes, Context], AsyncGenerator[Message, None]]:
        async def stream(content: bytes, context: Context) -> AsyncGenerator[Message, None]:
            call = Call(method, context)
            async with Logged(call), Translated(call), while_valid(self._gate.admit(call)):
                request = _read(parse, content)
                await self._gate.check_object(call, request)
                check_rules(request)
                async with aclosing(handler(request, context)) as messages:
                    async for message in messages:
                        yield message

        return stream


def _read(parse: Parse, content: bytes) -> Message:
    if len(content) > LARGEST_REQUEST:
        raise QuotaExceeded(
            f"The request is larger than {LARGEST_REQUEST} bytes.",
            reason="BODY_TOO_LARGE",
            limit_bytes=str(LARGEST_REQUEST),
        )
    try:
        return parse(content)
    except DecodeError as error:
        raise InvalidRequest(
            "The request is not a message of this call.", reason="MALFORMED_REQUEST"
        ) from error
