"""A platform in this process: real gRPC, real protos, answers that each test writes down."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from apps.cli.methods import Method, all_methods

Json = dict[str, Any]


@dataclass
class Refusal:
    """What the platform answers instead of a message."""

    code: grpc.StatusCode
    reason: str = ""
    message: str = "no"
    violations: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    def to_status(self) -> grpc.Status:
        status = status_pb2.Status(code=self.code.value[0], message=self.message)
        info = error_details_pb2.ErrorInfo(
            reason=self.reason, domain="trademesh", metadata=dict(self.facts)
        )
        status.details.add().Pack(info)
        if self.violations:
            bad = error_details_pb2.BadRequest()
            for field, description in self.violations:
                bad.field_violations.add(field=field, description=description)
            status.details.add().Pack(bad)
        assert code_pb2.Code.Name(status.code) == self.code.name
        return rpc_status.to_status(status)


Answer = Json | Refusal | Callable[[Json], Json]


@dataclass
class Call:
    name: str
    request: Json
    token: str


class House(grpc.GenericRpcHandler):
    """Answers each call with the next of its answers; the last one stays."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.address = ""
        self.hangs = threading.Event()  # set once a stream waits for ever
        self._answers: dict[str, list[Answer | list[Answer]]] = {}
        self._methods = {method.path: method for method in all_methods()}
        self._over = threading.Event()

    def answers(self, name: str, *answers: Answer | list[Answer]) -> None:
        """For a stream each answer is the list of its messages; `hang` keeps it open."""
        assert name in {method.name for method in self._methods.values()}, name
        self._answers[name] = list(answers)

    def requests(self, name: str) -> list[Json]:
        return [call.request for call in self.calls if call.name == name]

    def close(self) -> None:
        self._over.set()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        method = self._methods.get(details.method)
        if method is None or method.name not in self._answers:
            return None
        handler = grpc.unary_stream_rpc_method_handler if method.streams else _unary
        serve = self._stream if method.streams else self._call
        return handler(
            lambda request, context: serve(method, request, context),
            request_deserializer=method.request.FromString,
            response_serializer=method.response.SerializeToString,
        )

    def _call(self, method: Method, request: Any, context: grpc.ServicerContext) -> Any:
        return self._message(method, self._next(method, request, context), request, context)

    def _stream(self, method: Method, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        for answer in self._next(method, request, context):
            if answer == "hang":
                self.hangs.set()
                self._over.wait(30)
                return
            yield self._message(method, answer, request, context)

    def _next(self, method: Method, request: Any, context: grpc.ServicerContext) -> Any:
        token = dict(context.invocation_metadata()).get("authorization", "")
        self.calls.append(Call(method.name, _json(request), token))
        answers = self._answers[method.name]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _message(
        self, method: Method, answer: Answer, request: Any, context: grpc.ServicerContext
    ) -> Any:
        if isinstance(answer, Refusal):
            context.abort_with_status(answer.to_status())
        data = answer(_json(request)) if callable(answer) else answer
        return ParseDict(data, method.response())


_unary = grpc.unary_unary_rpc_method_handler


def _json(message: Any) -> Json:
    return MessageToDict(message, preserving_proto_field_name=True)
