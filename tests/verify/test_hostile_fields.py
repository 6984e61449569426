"""One hostile field among good ones, for every field of the calls that take much."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from apps.interceptors.access import access_of_services
from tests.journeys.clients import Rest, new_id
from tests.journeys.conftest import Platform
from tests.journeys.hostile import CALLS, HOSTILE, WHOLE, Wire, empty, fill

ACCESS = access_of_services({call.service for call in CALLS})


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


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        platform = Platform(Path(folder))
        with grpc.insecure_channel(platform.grpc) as channel:
            wire = Wire(platform, channel)
            account = {"display_name": "hostile", "capital": "1000000000"}
            made = Rest(platform.rest, platform.token).post("/v1/accounts", account=account)
            wire.owned["account_id"] = made.json["account"]["account_id"]
            yield wire
        assert platform.stop() == 0


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
