"""Thousands of made-up requests to every call: an answer or a refusal with a reason, no more.

The messages are built from the descriptors, half of the values ones that the house knows and half
hostile, from a fixed seed: a request that once broke something is made again.
"""

import json
import random
import string
import uuid
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
from tests.journeys.clients import Refused, Rest
from tests.journeys.conftest import Platform
from tests.unit.gateway.standin import registrations

SEED = 20130301
CASES = 60  # a call, over gRPC; and as many over REST
SECONDS = 20
LEFT_OUT = 0.02  # of the fields of a message that is not hostile
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

HOSTILE_TEXTS = (
    "",
    " ",
    "\0",
    "\r\n",
    "🦆" * 40,
    "\u202e\u0000\ufeff",
    "../../etc/passwd",
    "'; DROP TABLE orders; --",
    "%00%s%n{0}${x}",
    "x" * 70_000,
    "9" * 300,
    "0." + "0" * 299 + "1",
    "-1",
    "-0",
    "+1",
    "NaN",
    "Infinity",
    "1e309",
    "1_000",
    "١٢٣",
    "null",
    "9223372036854775808",
)
HOSTILE_NUMBERS = (0, -1, 1, 2, 7, 1000, 1001, 2**31 - 1, -(2**31))
HOSTILE_LONG_NUMBERS = (*HOSTILE_NUMBERS, 2**63 - 1, -(2**63))
HOSTILE_FLOATS = (0.0, -0.0, -1.0, 1e-320, 1e308, float("nan"), float("inf"), float("-inf"))
SECONDS_OF_TIMES = (951_868_800, 1_337_299_200, 1_357_000_000, 1_362_096_000)
FAR_SECONDS = (
    0,
    -1,
    -62_135_596_800,
    253_402_300_799,
    253_402_300_800,
    -62_135_596_801,
    2**63 - 1,
    -(2**63),
)
HOSTILE_JSON: tuple[Json, ...] = (None, True, 5, -1.5, "", "x", [], [[]], {}, {"a": {"a": []}})
CSV = b"time,open,high,low,close,volume\n2012-05-18,1,2,1,2,5\n"
STRATEGY = "from domain.strategies import Strategy\n\n\nclass Idle(Strategy):\n    pass\n"


class Known:
    """Values that mean something to the platform under test, by the name of the field."""

    def __init__(self, platform: Platform, rest: Rest) -> None:
        account = {"display_name": "hostile", "capital": "1000"}
        made = rest.post("/v1/accounts", account=account).json["account"]
        account_id: str = made["account_id"]
        order = {
            "instrument_id": "AAPL",
            "side": "SIDE_BUY",
            "quantity": "1",
            "order_type": "ORDER_TYPE_LIMIT",
            "limit_price": "1",
            "time_in_force": "TIME_IN_FORCE_GTC",
        }
        placed = rest.post(f"/v1/accounts/{account_id}/orders", order=order)
        imported = rest.post(
            "/v1/imports", **{"import": {"instrument_id": "H.XNAS", "timeframe": "1d"}}
        )
        page = rest.get("/v1/instruments", page_size=1).json["next_page_token"]
        stream = rest.lines(f"/v1/accounts/{account_id}:watch")
        self._texts: dict[str, tuple[str, ...]] = {
            "account_id": (account_id,),
            "order_id": (placed.json["order"]["order_id"],),
            "run_id": (platform.demo_run,),
            "backtest_id": (platform.demo_backtest,),
            "import_id": (imported.json["import"]["import_id"],),
            "strategy_id": ("sma-cross", "buy-and-hold", "hostile"),
            "instrument_id": ("AAPL", "FB.XNAS", "H.XNAS", "NOPE.XNAS"),
            "timeframe": ("1d", "1m"),
            "quantity": ("1", "10", "0.5"),
            "limit_price": ("1.01", "1.001"),
            "stop_price": ("2", "2.005"),
            "cash": ("1000",),
            "capital": ("1000", "0.000000001"),
            "currency": ("USD",),
            "broker": ("paper",),
            "display_name": ("hostile",),
            "source": (STRATEGY, "raise SystemExit", "def"),
            "class_name": ("Idle", "Nobody"),
            "page_token": ("", "", "", page),
            "cursor": ("", "", "", next(iter(stream))["cursor"]),
            "version_id": ("",),
            "time_zone": ("", "America/New_York"),
        }

    def text(self, name: str, dice: random.Random) -> str:
        if name == "request_id":
            return str(uuid.UUID(int=dice.getrandbits(128), version=4))
        if name == "key":  # of a map of parameters
            return dice.choice(("fast", "slow", "quantity", "nobody"))
        return dice.choice(self._texts.get(name, ("3",)))


class Maker:
    """Makes messages and JSON, the same ones for the same seed."""

    def __init__(self, known: Known, seed: str) -> None:
        self._known = known
        self.dice = random.Random(seed)

    def fill(self, message: Message, hostility: float) -> Message:
        """Fills most fields; each value is hostile with this probability."""
        if message.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
            far = self.dice.random() < hostility
            message.seconds = self.dice.choice(FAR_SECONDS if far else SECONDS_OF_TIMES)  # type: ignore[attr-defined]
            message.nanos = self.dice.choice(HOSTILE_NUMBERS) if far else 0  # type: ignore[attr-defined]
            return message
        for field in message.DESCRIPTOR.fields:
            if self.dice.random() < LEFT_OUT + hostility / 3:
                continue
            if field.is_repeated:
                self._fill_repeated(message, field, hostility)
            elif field.message_type is not None:
                getattr(message, field.name).SetInParent()
                self.fill(getattr(message, field.name), hostility)
            else:
                setattr(message, field.name, self._value(field, hostility))
        return message

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
                body[field.name] = {"fast": "2", self._text("key", hostility): "3"}
            elif field.message_type is not None:
                body[field.name] = self.json(getattr(message, field.name), hostility)
            else:
                value = self._value(field, hostility)
                body[field.name] = value.decode("latin-1") if isinstance(value, bytes) else value
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

    def _fill_repeated(self, message: Message, field: Field, hostility: float) -> None:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            for _ in range(self.dice.randrange(3)):
                key = self._text("key", hostility)
                getattr(message, field.name)[key] = self._text("value", hostility)

    def _value(self, field: Field, hostility: float) -> Any:
        hostile = self.dice.random() < hostility
        if field.type == KINDS.TYPE_STRING:
            return self._text(field.name, hostility)
        if field.type == KINDS.TYPE_BYTES:
            return self.dice.randbytes(self.dice.randrange(200)) if hostile else CSV
        if field.type == KINDS.TYPE_BOOL:
            return self.dice.random() < 0.5
        if field.type == KINDS.TYPE_ENUM:
            return self.dice.choice((0, 99, -1)) if hostile else self.dice.choice((1, 2))
        if field.cpp_type in (KINDS.CPPTYPE_INT32, KINDS.CPPTYPE_UINT32):
            return self.dice.choice(HOSTILE_NUMBERS) if hostile else 2
        if field.cpp_type in (KINDS.CPPTYPE_INT64, KINDS.CPPTYPE_UINT64):
            return self.dice.choice(HOSTILE_LONG_NUMBERS) if hostile else 0
        return self.dice.choice(HOSTILE_FLOATS) if hostile else 1000.0

    def _text(self, name: str, hostility: float) -> str:
        if self.dice.random() < hostility:
            return self.dice.choice(HOSTILE_TEXTS)
        return self._known.text(name, self.dice)


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
        message = maker.fill(empty(call), hostility)
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
        return self._known.text(name, self._dice)


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
