"""The rules of the protos refuse what the domain would, by the same name, all faults at once."""

from collections.abc import Iterator

import grpc
import pytest
from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pool import Default
from google.rpc.error_details_pb2 import BadRequest
from hypothesis import given
from hypothesis import strategies as st

from adapters.wire.values import time_from_wire
from apps.interceptors.rules import BY_FIELD, BY_RULE, OF_MAPS, check_rules
from domain.errors import InvalidRequest, QuotaExceeded
from domain.market_data.imports import LARGEST_CHUNK
from domain.market_data.timeframe import TIMEFRAMES
from domain.strategies.library import MAX_SOURCE_BYTES, MAX_VALUE, check_strategy_id
from domain.values import parse_decimal
from gateway.calls import read_calls
from tests.unit.gateway.standin import registrations
from tests.unit.interceptors.conftest import House, detail, reason_of
from trademesh.backtests.v1 import backtest_service_pb2 as backtests
from trademesh.buf.validate import validate_pb2
from trademesh.exports.v1 import export_service_pb2 as exports
from trademesh.market_data.v1 import import_service_pb2 as imports
from trademesh.market_data.v1 import market_data_service_pb2 as market_data
from trademesh.orders.v1 import account_service_pb2 as accounts
from trademesh.orders.v1 import order_service_pb2 as orders
from trademesh.strategies.v1 import run_service_pb2 as runs
from trademesh.strategies.v1 import strategy_service_pb2 as strategies

registrations()  # loads the generated code of every service
REQUESTS = sorted(
    {
        Default().FindServiceByName(call.service).FindMethodByName(call.method).input_type.full_name
        for call in read_calls()
    }
)
UUID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
FREE = {  # any value of their type is a good one, or only the domain can tell
    "trademesh.market_data.v1.Synthetic.seed",
}
ON_CONDITION = {"trademesh.market_data.v1.UploadImportChunkRequest.data"}  # empty in the last one


def fields_of(message: Descriptor) -> Iterator[FieldDescriptor]:
    """All that a client may set, those of messages inside too."""
    for field in message.fields:
        behaviors = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
        if field_behavior_pb2.OUTPUT_ONLY in behaviors:
            continue
        yield field
        inner = field.message_type
        if inner and inner.file.package.startswith("trademesh") and not is_map(field):
            yield from fields_of(inner)


def is_map(field: FieldDescriptor) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)


def rules_of(field: FieldDescriptor) -> validate_pb2.FieldRules:
    return field.GetOptions().Extensions[validate_pb2.field]


FIELDS = {
    field.full_name: field
    for name in REQUESTS
    for field in fields_of(Default().FindMessageTypeByName(name))
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_has_a_rule_unless_anything_goes(name: str) -> None:
    field = FIELDS[name]
    inner = field.message_type
    ours = inner and inner.file.package.startswith("trademesh") and not is_map(field)
    if field.type != FieldDescriptor.TYPE_BOOL and not ours and name not in FREE:
        assert rules_of(field).WhichOneof("type"), name


@pytest.mark.parametrize("name", FIELDS)
def test_what_is_documented_as_required_is_required(name: str) -> None:
    field = FIELDS[name]
    behaviors = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
    documented = field_behavior_pb2.REQUIRED in behaviors and name not in ON_CONDITION
    rules = rules_of(field)
    counted = rules.WhichOneof("type") == "int32" and rules.int32.gte > 0 and not field.has_presence
    assert documented == (rules.required or counted), name


@pytest.mark.parametrize("name", FIELDS)
def test_each_rule_has_a_reason_of_its_own(name: str) -> None:
    field = FIELDS[name]
    rules = rules_of(field)
    match rules.WhichOneof("type"):
        case None:
            return
        case "map":
            assert field.name in OF_MAPS
        case "bytes":
            assert rules.bytes.max_len == LARGEST_CHUNK
        case "string" if not rules.string.HasField("uuid"):
            assert field.name in BY_FIELD
        case kind:
            set_rules = [rule.name for rule, _ in getattr(rules, kind).ListFields()]
            told = {"_".join(sorted(set_rules)), *set_rules}
            known = {rule.removeprefix(f"{kind}.") for rule in BY_RULE if rule.startswith(kind)}
            assert field.name in BY_FIELD or told & known, (name, told, known)


def an_order(**changes: object) -> orders.PlaceOrderRequest:
    terms = {"instrument_id": "AAPL", "side": 1, "quantity": "1", "order_type": 1} | changes
    return orders.PlaceOrderRequest(account_id="acc_1", request_id=UUID, order=terms)


def a_backtest(**changes: object) -> backtests.CreateBacktestRequest:
    terms = {"strategy_id": "sma-cross", "instrument_id": "AAPL", "timeframe": "1d"} | changes
    return backtests.CreateBacktestRequest(request_id=UUID, backtest=terms)


def a_run(**changes: object) -> runs.StartRunRequest:
    terms = {"strategy_id": "a", "account_id": "b", "instrument_id": "c", "timeframe": "1d"}
    return runs.StartRunRequest(request_id=UUID, run=terms | {"replay": {}} | changes)


def an_account(**changes: object) -> accounts.CreateAccountRequest:
    terms = {"display_name": "demo", "capital": "1"} | changes
    return accounts.CreateAccountRequest(request_id=UUID, account=terms)


def an_import(**changes: object) -> imports.CreateImportRequest:
    return imports.CreateImportRequest(
        request_id=UUID, **{"import": {"instrument_id": "A.XNAS", **changes}}
    )


def an_export(**changes: object) -> exports.CreateExportRequest:
    return exports.CreateExportRequest(request_id=UUID, export=changes)


FAR = {"seconds": 10**11}
BARS = {"instrument_id": "AAPL", "timeframe": "1d"}
GOOD = [
    an_order(),
    an_order(limit_price="189.32", time_in_force=2),
    a_backtest(cash="100000", parameters={"fast": "10"}),
    a_run(replay={"bars_per_second": 2.5}),
    an_account(currency="USD", risk_limits={"max_orders_per_second": 5}),
    an_import(timeframe="1m", delimiter="\t", columns={"time": "Date"}),
    an_export(bars=BARS),
    accounts.GetAccountRequest(account_id="acc_1"),
    accounts.ListFillsRequest(account_id="acc_1"),
    orders.CancelAllOrdersRequest(account_id="acc_1", request_id=UUID.upper()),
    market_data.ListBarsRequest(**BARS, page_size=5000, start_time={"seconds": -1}),
    strategies.PushStrategyRequest(strategy_id="my-cross", source="x", request_id=UUID),
]
FAULTS = [
    (an_order(instrument_id=""), "MISSING_FIELD", "order.instrument_id"),
    (an_order(instrument_id="A" * 65), "INVALID_ID", "order.instrument_id"),
    (an_order(side=0), "MISSING_FIELD", "order.side"),
    (an_order(side=3), "UNKNOWN_VALUE", "order.side"),
    (an_order(time_in_force=-1), "UNKNOWN_VALUE", "order.time_in_force"),
    (an_order(quantity="1e3"), "NOT_A_DECIMAL", "order.quantity"),
    (an_order(limit_price=""), "MISSING_FIELD", "order.limit_price"),
    (an_order(stop_price="NaN"), "NOT_A_DECIMAL", "order.stop_price"),
    (orders.PlaceOrderRequest(account_id="a", request_id=UUID), "MISSING_FIELD", "order"),
    (orders.GetOrderRequest(account_id="a", order_id="../x"), "INVALID_ID", "order_id"),
    (orders.ListOrdersRequest(account_id="a", run_id="\0"), "INVALID_ID", "run_id"),
    (orders.CancelAllOrdersRequest(account_id="a", request_id="7"), "NOT_A_UUID", "request_id"),
    (orders.CancelAllOrdersRequest(account_id="a"), "MISSING_FIELD", "request_id"),
    (a_backtest(timeframe="7x"), "UNKNOWN_TIMEFRAME", "backtest.timeframe"),
    (a_backtest(start_time=FAR), "BAD_TIME", "backtest.start_time"),
    (a_backtest(cash="much"), "NOT_A_DECIMAL", "backtest.cash"),
    (a_backtest(parameters={"fast": "9" * 1001}), "INVALID_PARAMETER", "backtest.parameters.fast"),
    (
        a_backtest(parameters={"k" * 101: "1"}),
        "UNKNOWN_PARAMETER",
        "backtest.parameters." + "k" * 100,
    ),
    (
        a_backtest(parameters={str(number): "1" for number in range(101)}),
        "TOO_MANY_VALUES",
        "backtest.parameters",
    ),
    (
        a_run(replay={"bars_per_second": float("nan")}),
        "OUT_OF_RANGE",
        "run.replay.bars_per_second",
    ),
    (a_run(replay={"bars_per_second": -1}), "OUT_OF_RANGE", "run.replay.bars_per_second"),
    (a_run(replay={"end_time": FAR}), "BAD_TIME", "run.replay.end_time"),
    (an_account(display_name="x" * 101), "BAD_NAME", "account.display_name"),
    (an_account(currency="usd"), "UNKNOWN_CURRENCY", "account.currency"),
    (an_account(broker="x" * 33), "UNKNOWN_BROKER", "account.broker"),
    (an_account(capital=""), "MISSING_FIELD", "account.capital"),
    (
        an_account(risk_limits={"max_orders_per_second": 0}),
        "OUT_OF_RANGE",
        "account.risk_limits.max_orders_per_second",
    ),
    (an_import(delimiter="::"), "UNKNOWN_DELIMITER", "import.delimiter"),
    (an_import(time_zone="x" * 65), "UNKNOWN_TIME_ZONE", "import.time_zone"),
    (an_import(columns={"time": "x" * 101}), "OUT_OF_RANGE", "import.columns.time"),
    (an_import(columns={"x" * 65: "a"}), "UNKNOWN_COLUMN", "import.columns." + "x" * 65),
    (an_import(synthetic={"start_date": "soon", "session_count": 1}), "BAD_DATE",
     "import.synthetic.start_date"),
    (an_import(synthetic={"start_date": "2024-01-02"}), "OUT_OF_RANGE",
     "import.synthetic.session_count"),
    (an_export(), "MISSING_FIELD", "export.content"),
    (an_export(format=7, bars=BARS), "UNKNOWN_VALUE", "export.format"),
    (an_export(account_fills={}), "MISSING_FIELD", "export.account_fills.account_id"),
    (imports.UploadImportChunkRequest(import_id="i", offset=-1, request_id=UUID), "OUT_OF_RANGE",
     "offset"),
    (market_data.ListBarsRequest(**BARS, adjustment=9), "UNKNOWN_VALUE", "adjustment"),
    (market_data.ListBarsRequest(**BARS, page_size=-1), "PAGE_SIZE_NEGATIVE", "page_size"),
    (market_data.ListBarsRequest(**BARS, page_token="%"), "PAGE_TOKEN_INVALID", "page_token"),
    (market_data.StreamBarsRequest(**BARS, cursor="x" * 513), "CURSOR_INVALID", "cursor"),
    (market_data.StreamBarsRequest(**BARS, batch_size=-1), "OUT_OF_RANGE", "batch_size"),
    (strategies.PushStrategyRequest(strategy_id="My", source="x", request_id=UUID),
     "INVALID_STRATEGY_ID", "strategy_id"),
    (strategies.PushStrategyRequest(strategy_id="my", source="é" * 131_073, request_id=UUID),
     "SOURCE_TOO_LARGE", "source"),
    (strategies.GetStrategyVersionRequest(strategy_id="a", version_id="f" * 81), "INVALID_ID",
     "version_id"),
    (runs.SetRunParametersRequest(run_id="r", request_id=UUID), "MISSING_FIELD", "parameters"),
]  # fmt: skip


@pytest.mark.parametrize("request_", GOOD, ids=lambda one: type(one).__name__)
def test_a_good_request_passes(request_) -> None:
    check_rules(request_)


@pytest.mark.parametrize(("request_", "reason", "field"), FAULTS, ids=lambda x: str(x)[:40])
def test_a_fault_has_the_reason_that_the_domain_gives_it(request_, reason, field) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_rules(request_)
    assert (refused.value.reason, [*refused.value.violations]) == (reason, [field])
    assert refused.value.message.startswith(f"{field}: ")


def test_a_chunk_that_is_too_large_is_too_much() -> None:
    chunk = imports.UploadImportChunkRequest(import_id="i", request_id=UUID)
    chunk.data = bytes(LARGEST_CHUNK)
    check_rules(chunk)
    chunk.data += b"0"
    with pytest.raises(QuotaExceeded) as refused:
        check_rules(chunk)
    assert (refused.value.reason, refused.value.facts) == (
        "CHUNK_TOO_LARGE",
        {"limit": str(LARGEST_CHUNK)},
    )


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_rules(an_order(side=0, quantity="ten", order_type=9))
    assert refused.value.reason == "MISSING_FIELD"  # that of the first
    assert refused.value.violations == {
        "order.side": "is required",
        "order.quantity": "is not a plain decimal number such as 189.32",
        "order.order_type": "is none of the values there are",
    }


def test_what_only_we_set_is_ignored_in_a_request() -> None:
    check_rules(an_order(order_id="\0", number=-5, create_time=FAR, filled_quantity="ten"))


async def test_a_call_is_refused_with_each_field_at_fault(house: House) -> None:
    wrong = an_order(side=0, quantity="ten")
    call = house.channel.unary_unary("/trademesh.orders.v1.OrderService/PlaceOrder")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(wrong.SerializeToString(), metadata=house.metadata(), timeout=5)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(refused.value) == "MISSING_FIELD"
    violations = detail(refused.value, BadRequest).field_violations
    assert [violation.field for violation in violations] == ["order.side", "order.quantity"]


async def test_a_stream_is_refused_as_well(house: House) -> None:
    stream = house.accounts.WatchAccount(
        accounts.WatchAccountRequest(account_id="acc_1", cursor="?"), metadata=house.metadata()
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stream.read()
    assert reason_of(refused.value) == "CURSOR_INVALID"


async def test_what_is_not_there_is_told_before_what_is_wrong(house: House) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await house.get("not an id, other")
    assert reason_of(refused.value) == "ACCOUNT_NOT_FOUND"


def refused_by_rules(request_) -> str:
    try:
        check_rules(request_)
    except InvalidRequest as error:
        return error.reason
    return ""


NUMBERS = st.from_regex(r"[+-]?\d{0,20}(\.\d{0,20})?", fullmatch=True) | st.text(max_size=5)


@given(NUMBERS)
def test_rule_and_domain_agree_on_numbers(text: str) -> None:
    try:
        parse_decimal(text, "quantity")
    except InvalidRequest:
        assert refused_by_rules(an_order(quantity=text)) in {"NOT_A_DECIMAL", "MISSING_FIELD"}
    else:
        assert not refused_by_rules(an_order(quantity=text))


@given(st.from_regex(r"[a-zA-Z0-9_.-]{0,66}", fullmatch=True) | st.text(max_size=5))
def test_rule_and_domain_agree_on_names_of_strategies(name: str) -> None:
    push = strategies.PushStrategyRequest(strategy_id=name, source="x", request_id=UUID)
    try:
        check_strategy_id(name)
    except InvalidRequest:
        assert refused_by_rules(push) in {"INVALID_STRATEGY_ID", "MISSING_FIELD"}
    else:
        assert not refused_by_rules(push)


@given(st.integers(-(2**63), 2**63 - 1) | st.integers(-(2**34), 2**34))
def test_rule_and_domain_agree_on_times(seconds: int) -> None:
    backtest = a_backtest(end_time={"seconds": seconds})
    try:
        time_from_wire("end_time", backtest.backtest.end_time)
    except InvalidRequest:
        assert refused_by_rules(backtest) == "BAD_TIME"
    else:
        assert not refused_by_rules(backtest)


def test_rule_and_domain_agree_on_limits() -> None:
    timeframe = rules_of(FIELDS["trademesh.backtests.v1.Backtest.timeframe"]).string
    values = rules_of(FIELDS["trademesh.backtests.v1.Backtest.parameters"]).map.values.string
    source = rules_of(FIELDS["trademesh.strategies.v1.PushStrategyRequest.source"]).string
    assert tuple(getattr(timeframe, "in")) == TIMEFRAMES
    assert (values.max_len, source.max_bytes) == (MAX_VALUE, MAX_SOURCE_BYTES)
    assert ", ".join(TIMEFRAMES) in BY_FIELD["timeframe"][1]
