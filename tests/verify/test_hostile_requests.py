"""Thousands of made-up requests to every call: an answer or a refusal with a reason, no more.

The messages are built from the descriptors, half of the values ones that the house knows and half
hostile, from a fixed seed: a request that once broke something is made again.
"""

import json
import random
import string
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode

import grpc
import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from gateway.calls import Call, read_calls
from tests.fuzz.hostile import LEFT_OUT, fill, text, value
from tests.fuzz.known import Known
from tests.journeys.clients import Refused, Rest
from tests.journeys.conftest import Platform
from tests.unit.gateway.standin import registrations

SEED = 20130301
CASES = 60  # a call, over gRPC; and as many over REST
SECONDS = 20
PATIENCE = 1  # seconds that a stream may be silent: nothing happened since its cursor
BROKEN = {"INTERNAL", "UNKNOWN", "UNIMPLEMENTED", "DATA_LOSS", "DEADLINE_EXCEEDED", "UNAVAILABLE"}
SILENT = "DEADLINE_EXCEEDED"
HTTP_BROKEN = 500
HTTP_REFUSED = 400

Json: TypeAlias = Any
Field: TypeAlias = Any  # a FieldDescriptor of either implementation of protobuf

registrations()  # loads the generated code of every service
CALLS = read_calls()
KINDS = FieldDescriptor

HOSTILE_JSON: tuple[Json, ...] = (None, True, 5, -1.5, "", "x", [], [[]], {}, {"a": {"a": []}})


class Maker:
    """Makes JSON, the same for the same seed."""

    def __init__(self, known: Known, seed: str) -> None:
        self._known = known
        self.dice = random.Random(seed)

    def json(self, message: Message, hostility: float) -> Json:
        """As `fill`, for JSON, which can also be of the wrong shape."""
        if self.dice.random() < hostility / 4:
            return self.dice.choice(HOSTILE_JSON)
        if message.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
            return self.dice.choice(("2012-05-18T00:00:00Z", "0001-01-01T00:00:00Z", "2012", ""))
        body: dict[str, Json] = {}
        for field in message.DESCRIPTOR.fields:
            if self.dice.random() < LEFT_OUT + hostility / 3:
                continue
            if self.dice.random() < hostility / 2:
                body[field.name] = self.dice.choice(HOSTILE_JSON)
            elif field.is_repeated:
                key = text("key", hostility, self._known.text, self.dice)
                body[field.name] = {"fast": "2", key: "3"}
            elif field.message_type is not None:
                body[field.name] = self.json(getattr(message, field.name), hostility)
            else:
                one = value(field, hostility, self._known.text, self.dice)
                body[field.name] = one.decode("latin-1") if isinstance(one, bytes) else one
        if self.dice.random() < hostility:
            body["".join(self.dice.choices(string.printable, k=5))] = [{}]
        return body

    def raw(self, body: Json, hostility: float) -> bytes:
        """The bytes of it, now and then cut or with one of them changed."""
        content = bytearray(json.dumps(body).encode())
        if content and self.dice.random() < hostility / 4:
            content[self.dice.randrange(len(content))] = self.dice.randrange(256)
        if self.dice.random() < hostility / 4:
            del content[self.dice.randrange(len(content) + 1) :]
        return bytes(content)


def method_of(call: Call) -> MethodDescriptor:
    return Default().FindServiceByName(call.service).FindMethodByName(call.method)


def empty(call: Call) -> Message:
    return GetMessageClass(method_of(call).input_type)()


def hostilities() -> Iterator[float]:
    """From nearly good to all bad."""
    for case in range(CASES):
        yield (case / CASES) ** 3


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    platform = Platform(tmp_path_factory.mktemp("tm"))
    yield platform
    assert platform.stop() == 0
    log = Path(platform.data_dir, "logs", "trademesh.log").read_text()
    assert "incident_id" not in log, "something happened that nobody foresaw"


@pytest.fixture(scope="module")
def known(platform: Platform) -> Known:
    return Known(platform, Rest(platform.rest, platform.token))


@pytest.fixture(scope="module")
def channel(platform: Platform) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(platform.grpc) as channel:
        yield channel


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.path)
def test_made_up_messages_are_answered_or_refused_with_a_reason(
    platform: Platform, known: Known, channel: grpc.Channel, call: Call
) -> None:
    maker = Maker(known, f"{SEED} {call.path}")
    send: Callable[..., Any] = (channel.unary_stream if call.streams else channel.unary_unary)(
        call.path
    )
    token = (("authorization", f"Bearer {platform.token}"),)
    for hostility in hostilities():
        message = fill(empty(call), hostility, known.text, maker.dice)
        content = maker.dice.randbytes(50) if hostility > 0.95 else message.SerializeToString()
        try:
            if call.streams:
                answer = send(content, metadata=token, timeout=PATIENCE)
                next(answer, None)
                answer.cancel()
            else:
                send(content, metadata=token, timeout=SECONDS)
        except grpc.RpcError as error:
            refused = Refused(error)
            if call.streams and refused.code.name == SILENT:
                continue
            assert refused.code.name not in BROKEN, (refused, message)
            assert refused.reason, (refused, message)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.path)
def test_made_up_json_is_answered_or_refused_with_a_reason(
    platform: Platform, known: Known, call: Call
) -> None:
    maker = Maker(known, f"{SEED} JSON {call.path}")
    rule = method_of(call).GetOptions().Extensions[annotations_pb2.http]
    verb = "POST" if rule.post else "GET"
    for hostility in hostilities():
        body = maker.json(empty(call), hostility)
        path = (rule.post or rule.get).format_map(PathOf(known, maker.dice))
        if verb == "GET":
            path += "?" + query_of(body)
        content = maker.raw(body, hostility) if verb == "POST" else b""
        status, answer = exchange(platform, verb, path, content, call.streams)
        assert status < HTTP_BROKEN, (verb, path, content, answer)
        if status >= HTTP_REFUSED:
            refusal = json.loads(answer)
            assert any(detail.get("reason") for detail in refusal["details"]), (path, refusal)


class PathOf(dict[str, str]):
    """The ids in a path: mostly those of things that are there."""

    def __init__(self, known: Known, dice: random.Random) -> None:
        self._known = known
        self._dice = dice

    def __missing__(self, name: str) -> str:
        if self._dice.random() < 0.2:
            return self._dice.choice(("nobody", "..", "%00", "%FF", "%F0%9F%A6%86", "a%2Fb", "."))
        return self._known.text(name, self._dice) or "3"


def query_of(body: Json) -> str:
    """Its values as a query, those that are not simple as the text of them."""
    if not isinstance(body, dict):
        return ""
    return urlencode({key: str(value)[:2000] for key, value in body.items() if value is not None})


def exchange(
    platform: Platform, verb: str, path: str, content: bytes, streams: bool
) -> tuple[int, bytes]:
    """The status and the answer; of a stream only that it was let in."""
    patience = PATIENCE if streams else SECONDS
    connection = HTTPConnection(platform.rest.removeprefix("http://"), timeout=patience)
    headers = {
        "authorization": f"Bearer {platform.token}",
        "content-type": "application/json",
        "content-length": str(len(content)),
    }
    try:
        connection.request(verb, path, content, headers)
        answer = connection.getresponse()  # of a stream: comes with its first message
        if streams and answer.status < HTTP_REFUSED:
            return answer.status, b""  # the rest of it comes when something happens
        return answer.status, answer.read()
    except TimeoutError:
        assert streams, (verb, path, content)
        return 200, b""
    finally:
        connection.close()
