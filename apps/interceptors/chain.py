"""What every call passes: a log line, errors, deadline, token, object, rules.

Unary and streaming calls pass the same. A request is read only after the token was good.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, TypeAlias, cast

import grpc
from google.protobuf.message import DecodeError, Message

from apps.interceptors.access import Access, access_of_services
from apps.interceptors.auth import Gate, while_valid
from apps.interceptors.call import Call, Context
from apps.interceptors.deadlines import limited
from apps.interceptors.errors import refuse
from apps.interceptors.logging import write_line
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
    """Stands in for a server while servicers are added, and wraps each of their calls, once.

    In front of the real server it then answers for them. The open services pass untouched; a call
    that is neither open nor was added here is not served.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._handlers: dict[str, Handler] = {}
        self.services: tuple[str, ...] = ()
        self.access: dict[str, Access] = {}

    def add_registered_method_handlers(self, name: str, handlers: Mapping[str, Handler]) -> None:
        """The calls of one service. Raises UndeclaredCall."""
        access = access_of_services([name])
        for method, handler in handlers.items():
            path = f"/{name}/{method}"
            self._handlers[path] = _Wrapped(path, access[path], handler, self._gate).handler()
        self.access |= access
        self.services = (*self.services, name)

    def add_generic_rpc_handlers(self, _handlers: Sequence[object]) -> None:
        """The same handlers again, without their names."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[MaybeHandler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> MaybeHandler:
        method = handler_call_details.method
        if handler := self._handlers.get(method):
            return handler
        is_open = method.rpartition("/")[0].lstrip("/") in OPEN_SERVICES
        return await continuation(handler_call_details) if is_open else None


class _Wrapped:
    """One call of the API inside everything that it passes."""

    def __init__(self, method: str, access: Access, handler: Handler, gate: Gate) -> None:
        self._method = method
        self._access = access
        self._inner = handler
        self._gate = gate
        # The stubs of gRPC describe its synchronous servers.
        self._parse = cast("Parse", handler.request_deserializer)

    def handler(self) -> Handler:
        """What the server calls, with the bytes of a request."""
        serializer = self._inner.response_serializer
        if self._inner.unary_unary is not None:
            unary = self._unary(cast("Unary", self._inner.unary_unary))
            return grpc.unary_unary_rpc_method_handler(unary, response_serializer=serializer)
        if self._inner.unary_stream is not None:
            stream = self._stream(cast("Stream", self._inner.unary_stream))
            return grpc.unary_stream_rpc_method_handler(stream, response_serializer=serializer)
        raise TypeError(f"{self._method}: calls that stream requests are not served")

    def _unary(self, inner: Unary) -> Callable[[bytes, Context], Awaitable[Message]]:
        gate, access = self._gate, self._access

        async def answer(call: Call, content: bytes) -> Message:
            claims = gate.admit(call, access)
            request = self._read(content)
            if not gate.knows(claims, access, request):
                await gate.check_object(claims, access, request)
            check_rules(request)
            return await inner(request, call.context)

        async def unary(content: bytes, context: Context) -> Message:
            call = Call(self._method, context)
            try:
                if (limit := limited(call)) is None:
                    return await answer(call, content)
                async with limit:
                    return await answer(call, content)
            except Exception as error:  # noqa: BLE001  the last wall
                return await refuse(call, error)
            except BaseException as error:
                call.leave(error)
                raise
            finally:
                write_line(call)

        return unary

    def _stream(self, inner: Stream) -> Callable[[bytes, Context], AsyncGenerator[Message, None]]:
        gate, access = self._gate, self._access

        async def stream(content: bytes, context: Context) -> AsyncGenerator[Message, None]:
            call = Call(self._method, context)
            try:
                claims = gate.admit(call, access)
                async with while_valid(claims):
                    request = self._read(content)
                    await gate.check_object(claims, access, request)
                    check_rules(request)
                    async with aclosing(inner(request, context)) as messages:
                        async for message in messages:
                            yield message
            except Exception as error:  # noqa: BLE001  the last wall
                await refuse(call, error)
            except BaseException as error:
                call.leave(error)
                raise
            finally:
                write_line(call)

        return stream

    def _read(self, content: bytes) -> Message:
        if len(content) > LARGEST_REQUEST:
            raise QuotaExceeded(
                f"The request is larger than {LARGEST_REQUEST} bytes.",
                reason="BODY_TOO_LARGE",
                limit_bytes=str(LARGEST_REQUEST),
            )
        try:
            return self._parse(content)
        except DecodeError as error:
            raise InvalidRequest(
                "The request is not a message of this call.", reason="MALFORMED_REQUEST"
            ) from error
