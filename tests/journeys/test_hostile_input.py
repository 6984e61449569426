"""Whatever a client sends to whichever call: a status with a reason, never a 500."""

import itertools
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from apps.interceptors.access import access_of_services
from gateway.calls import Call, read_calls
from tests.journeys.clients import Refused, new_id
from tests.journeys.conftest import Platform
from tests.unit.gateway.standin import registrations

registrations()  # loads the generated code of every service

CALLS = read_calls()
ACCESS = access_of_services({call.service for call in CALLS})
REFUSALS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
TEXTS = {
    "empty": "",
    "nul": "\0",
    "ducks": "🦆" * 50,
    "path": "../../../etc/passwd",
    "query": "x' OR '1'='1' --",
    "long": "x" * 100_000,
    "digits": "9" * 400,
    "nan": "NaN",
    "minus": "-1",
    "exponent": "1e999999999",
    "arabic digits": "١٢٣",
    "spaces": "   ",
    "line ends": "a\r\nb",
}
LOWEST, HIGHEST = -(2**31), 2**31 - 1
HOSTILE = list(zip(TEXTS.values(), itertools.cycle([LOWEST, HIGHEST]), strict=False))
WHOLE = {"Timestamp"}
INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_ENUM,
}
FLOATS = {FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT}


def fill(message: Message, text: str, number: int) -> Message:
    """Puts the same hostile values into every field, and into those of its messages."""
    if isinstance(message, Timestamp):
        message.seconds, message.nanos = number * 1000, number
        return message
    for field in message.DESCRIPTOR.fields:
        if field.is_repeated:
            if field.message_type and field.message_type.GetOptions().map_entry:
                value = field.message_type.fields_by_name["value"]
                is_text = value.cpp_type == FieldDescriptor.CPPTYPE_STRING
                getattr(message, field.name)[text] = text if is_text else number
        elif field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            fill(getattr(message, field.name), text, number)
        elif field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            is_bytes = field.type == FieldDescriptor.TYPE_BYTES
            setattr(message, field.name, text.encode() if is_bytes else text)
        elif field.cpp_type in INTEGERS:
            setattr(message, field.name, number)
        elif field.cpp_type in FLOATS:
            setattr(message, field.name, float("nan") if number < 0 else float("inf"))
    return message


def empty(call: Call) -> Message:
    service = Default().FindServiceByName(call.service)
    return GetMessageClass(service.FindMethodByName(call.method).input_type)()


class Wire:
    """Sends messages to calls by their path, and judges how they ended."""

    def __init__(self, platform: Platform, channel: grpc.Channel) -> None:
        self._channel = channel
        self._metadata = (("authorization", f"Bearer {platform.token}"),)
        self.owned = {"account_id": "", "run_id": platform.demo_run}
        self.owned |= {"backtest_id": platform.demo_backtest, "strategy_id": "sma-cross"}

    def send(self, call: Call, message: Message) -> None:
        """Asserts that it was answered, or refused with a reason."""
        kind = self._channel.unary_stream if call.streams else self._channel.unary_unary
        try:
            answer = kind(call.path)(
                message.SerializeToString(), metadata=self._metadata, timeout=20
            )
            if call.streams:
                next(answer, None)
                answer.cancel()
        except grpc.RpcError as error:
            refused = Refused(error)
            assert refused.code in REFUSALS, (call.path, refused)
            assert refused.reason, (call.path, refused)


@pytest.fixture(scope="module")
def wire(platform: Platform, rest):
    with grpc.insecure_channel(platform.grpc) as channel:
        wire = Wire(platform, channel)
        account = {"display_name": "hostile", "capital": "1000000000"}
        made = rest.post("/v1/accounts", account=account).json["account"]
        wire.owned["account_id"] = made["account_id"]
        yield wire


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.path)
def test_every_call_is_served_and_takes_hostile_values(wire: Wire, call: Call) -> None:
    wire.send(call, empty(call))
    for text, number in HOSTILE:
        wire.send(call, fill(empty(call), text, number))


ORDER = {
    "instrument_id": "AAPL",
    "side": "SIDE_BUY",
    "quantity": "1",
    "order_type": "ORDER_TYPE_STOP_LIMIT",
    "limit_price": "10",
    "stop_price": "10",
}
MAY = {"start_time": "2012-05-18T00:00:00Z", "end_time": "2012-06-01T00:00:00Z"}
BACKTEST = {
    "strategy_id": "sma-cross",
    "instrument_id": "FB",
    "timeframe": "1d",
    "parameters": {"fast": "2", "slow": "3"},
    "cash": "1000",
    **MAY,
}
RUN = {
    "strategy_id": "sma-cross",
    "instrument_id": "FB",
    "timeframe": "1d",
    "parameters": {"fast": "2", "slow": "3"},
    "replay": {**MAY, "bars_per_second": 0},
}
LIMITS = {"max_order_quantity": "1", "max_order_notional": "1", "max_position": "1"}
GOOD = {
    "AccountService/CreateAccount": {
        "account": {"display_name": "a", "capital": "1", "risk_limits": LIMITS}
    },
    "AccountService/ListAccounts": {},
    "AccountService/ListFills": {},
    "AccountService/WatchAccount": {},
    "BacktestService/CreateBacktest": {"backtest": BACKTEST, "validate_only": True},
    "BacktestService/ListBacktestEquity": {},
    "BacktestService/WatchBacktest": {},
    "ImportService/CreateImport": {"import": {"instrument_id": "H.XNAS", "timeframe": "1d"}},
    "MarketDataService/ListBars": {"instrument_id": "AAPL", "timeframe": "1d", **MAY},
    "MarketDataService/StreamBars": {"instrument_id": "AAPL", "timeframe": "1d", **MAY},
    "OrderService/ListOrders": {},
    "OrderService/PlaceOrder": {"order": ORDER},
    "RunService/ListRuns": {},
    "RunService/StartRun": {"run": RUN},
    "StrategyService/PushStrategy": {"strategy_id": "hostile", "source": "x = 1\n"},
}


def fields_of(message: Message, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every field that holds a value."""
    for field in message.DESCRIPTOR.fields:
        here = (*path, field.name)
        if field.message_type is None or field.is_repeated or field.message_type.name in WHOLE:
            yield here
        else:
            yield from fields_of(getattr(message, field.name), here)


def with_one_changed(message: Message, path: tuple[str, ...], text: str, number: int) -> Message:
    """A copy whose field at `path` is hostile."""
    changed = type(message)()
    changed.CopyFrom(message)
    *parents, name = path
    holder = changed
    for parent in parents:
        holder = getattr(holder, parent)
    hostile = fill(type(holder)(), text, number)
    holder.ClearField(name)
    only = type(holder)()
    value = getattr(hostile, name)
    if holder.DESCRIPTOR.fields_by_name[name].message_type is None:
        setattr(only, name, value)
    elif holder.DESCRIPTOR.fields_by_name[name].is_repeated:
        getattr(only, name).MergeFrom(value)
    else:
        getattr(only, name).CopyFrom(value)
    holder.MergeFrom(only)
    return changed


@pytest.mark.parametrize("name", GOOD)
def test_one_hostile_field_among_good_ones(wire: Wire, name: str) -> None:
    [call] = [call for call in CALLS if call.path.endswith(f".{name}")]
    good = ParseDict(GOOD[name], empty(call))
    if ACCESS[call.path].kind:
        setattr(good, ACCESS[call.path].id_field, wire.owned[ACCESS[call.path].id_field])
    if name == "RunService/StartRun":
        good.run.account_id = wire.owned["account_id"]
    wire.send(call, with_request_id(good))
    for path in fields_of(good):
        for text, number in HOSTILE:
            message = with_one_changed(good, path, text, number)
            wire.send(call, message if path == ("request_id",) else with_request_id(message))


def with_request_id(message: Message) -> Message:
    if "request_id" in message.DESCRIPTOR.fields_by_name:
        message.request_id = new_id()
    return message


def test_the_platform_is_well_after_all_that(rest) -> None:
    assert rest.get("/v1/instruments").status == 200
    assert rest.get("/v1/runs", page_size=1).status == 200
