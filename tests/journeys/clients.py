"""A client over REST and one over gRPC, as thin as they can be."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpc_status import rpc_status
from msgspec import Struct

SECONDS = 30


class Answer(Struct):
    """What came back over REST."""

    status: int
    json: Any
    content_type: str

    @property
    def reason(self) -> str:
        return str(self.json["details"][0]["reason"])

    @property
    def fields(self) -> list[str]:
        """The fields at fault."""
        return [
            violation["field"]
            for detail in self.json["details"]
            for violation in detail.get("field_violations", ())
        ]


class Rest:
    """JSON over HTTP."""

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url
        self._token = token

    def as_somebody(self, token: str | None) -> "Rest":
        return Rest(self._url, token)

    def get(self, path: str, **query: Any) -> Answer:
        return self._send("GET", path, query, None)

    def post(self, path: str, **body: Any) -> Answer:
        """With a fresh `request_id`, unless one is given."""
        return self._send("POST", path, {}, json.dumps({"request_id": new_id(), **body}).encode())

    def post_bytes(self, path: str, body: bytes) -> Answer:
        return self._send("POST", path, {}, body)

    def lines(self, path: str, accept: str = "application/json", **query: Any) -> Iterator[Any]:
        """The messages of a stream, as newline-delimited JSON or as server-sent events."""
        with urlopen(self._request("GET", path, query, None, accept), timeout=SECONDS) as answer:
            for line in answer:
                text = line.decode().removeprefix("data: ").strip()
                if text:
                    yield json.loads(text)

    def _send(self, verb: str, path: str, query: dict[str, Any], body: bytes | None) -> Answer:
        try:
            with urlopen(self._request(verb, path, query, body), timeout=SECONDS) as answer:
                return Answer(
                    answer.status, json.loads(answer.read()), answer.headers["content-type"]
                )
        except HTTPError as refused:
            with refused:
                return Answer(
                    refused.code, json.loads(refused.read()), refused.headers["content-type"]
                )

    def _request(
        self, verb: str, path: str, query: dict[str, Any], body: bytes | None, accept: str = "*/*"
    ) -> Request:
        given = f"?{urlencode(query)}" if query else ""
        headers = {"accept": accept, "content-type": "application/json"}
        if self._token is not None:
            headers["authorization"] = f"Bearer {self._token}"
        return Request(f"{self._url}{path}{given}", data=body, headers=headers, method=verb)


class Refused(Exception):
    """A gRPC call that was refused."""

    def __init__(self, error: grpc.RpcError) -> None:
        super().__init__(str(error))
        self.code: grpc.StatusCode = error.code()
        status = rpc_status.from_call(error)
        details = status.details if status else ()
        self.reason, self.fields = "", []
        for detail in details:
            info, bad_request = ErrorInfo(), BadRequest()
            if detail.Unpack(info):
                self.reason, self.metadata = info.reason, dict(info.metadata)
            if detail.Unpack(bad_request):
                self.fields = [violation.field for violation in bad_request.field_violations]


class Grpc:
    """Stubs with the token in every call. Raises `Refused`."""

    def __init__(self, address: str, token: str) -> None:
        self._channel = grpc.insecure_channel(address)
        self._metadata = (("authorization", f"Bearer {token}"),)

    def __enter__(self) -> "Grpc":
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def stub(self, kind: Callable[[grpc.Channel], Any]) -> Any:
        return _Stub(kind(self._channel), self._metadata)


class _Stub:
    def __init__(self, stub: Any, metadata: tuple[tuple[str, str], ...]) -> None:
        self._stub = stub
        self._metadata = metadata

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        method = getattr(self._stub, name)

        def call(request: Any) -> Any:
            try:
                answer = method(request, metadata=self._metadata, timeout=SECONDS)
            except grpc.RpcError as error:
                raise Refused(error) from error
            return _messages(answer) if isinstance(answer, grpc.RpcError) else answer

        return call


def _messages(stream: Any) -> Iterator[Any]:
    try:
        yield from stream
    except grpc.RpcError as error:
        raise Refused(error) from error
    finally:
        stream.cancel()


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Returns when it holds; another process brings it about in its own time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def new_id() -> str:
    return str(uuid.uuid4())
