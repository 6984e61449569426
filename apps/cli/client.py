"""Calls to the platform: proto JSON in, proto JSON out, over one gRPC channel.

This module brings grpc and protobuf with it; import it where a call is made, not at the start.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import Message

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.methods import Method, find_method
from apps.cli.refusals import reason_of, to_failure

Json = dict[str, Any]

ATTEMPTS = 4
FIRST_PAUSE = 0.05  # seconds; doubles with each attempt
_OPTIONS = (
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    ("grpc.enable_http_proxy", 0),  # the platform is on this machine or named outright
    ("grpc.enable_retries", 0),  # we repeat what is safe to repeat ourselves
)


class Client:
    """One caller at one address. `timeout` is the deadline of a unary call, in seconds."""

    def __init__(
        self,
        address: str,
        token: str,
        *,
        timeout: float = 30.0,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.address = address
        self._timeout = timeout
        self._pause = pause
        self.metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self.channel = _channel(address)

    def call(self, name: str, request: Json) -> Json:
        """Makes a unary call and returns its answer.

        Repeats it while the platform is unavailable, where that is safe: reads, and calls with a
        `request_id`, always the same one. Raises Failure for every refusal.
        """
        method = find_method(name)
        message = _to_message(method, request)
        call = self.channel.unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        for attempt in range(ATTEMPTS):
            try:
                answer = call(message, timeout=self._timeout, metadata=self.metadata)
            except grpc.RpcError as error:
                if not self._try_again(method, error, attempt):
                    raise to_failure(error, self.address) from error
            else:
                return to_json(answer)
        raise AssertionError("the last attempt returns or raises")

    def stream(self, name: str, request: Json) -> Iterator[Json]:
        """Yields the messages of a stream.

        A stream with cursors that is cut goes on behind the last message, so there is no hole and
        no duplicate. Raises Failure for every refusal.
        """
        method = find_method(name)
        attempt = 0
        while True:
            try:
                for answer in self._open(method, request):
                    attempt = 0
                    if method.resumes and answer.get("cursor"):
                        request = request | {"cursor": answer["cursor"]}
                    yield answer
            except grpc.RpcError as error:
                if not self._try_again(method, error, attempt):
                    raise to_failure(error, self.address) from error
                attempt += 1
            else:
                return

    def close(self) -> None:
        self.channel.close()

    def _open(self, method: Method, request: Json) -> Iterator[Json]:
        call = self.channel.unary_stream(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        answers = call(_to_message(method, request), metadata=self.metadata)
        try:
            for answer in answers:
                yield to_json(answer)
        finally:
            answers.cancel()

    def _try_again(self, method: Method, error: grpc.RpcError, attempt: int) -> bool:
        """Waits and says True where another attempt is safe and may help."""
        unavailable = error.code() is grpc.StatusCode.UNAVAILABLE
        if not (unavailable and method.may_be_repeated and attempt < ATTEMPTS - 1):
            return False
        leaving = reason_of(error) == "SERVER_DRAINING"
        self._pause((10 if leaving else 1) * FIRST_PAUSE * 2**attempt)
        return True


def _channel(address: str) -> grpc.Channel:
    if address.startswith("https://"):
        credentials = grpc.ssl_channel_credentials()
        return grpc.secure_channel(_target(address), credentials, options=_OPTIONS)
    return grpc.insecure_channel(_target(address), options=_OPTIONS)


def _target(address: str) -> str:
    return address.removeprefix("http://").removeprefix("https://").rstrip("/")


def _to_message(method: Method, request: Json) -> Message:
    try:
        return ParseDict(request, method.request())
    except ParseError as error:
        raise Failure(
            ExitCode.INVALID,
            f"{method.name}: {error}",
            hint=f"trademesh api describe {method.name}",
        ) from error


def to_json(message: Message) -> Json:
    """As the API writes it over REST: names as in the protos, 64-bit integers as text."""
    return MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
