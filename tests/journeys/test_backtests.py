"""Backtests: over REST, gRPC and gRPC-web."""

import pytest

from tests.journeys.clients import Grpc, Refused, Rest, new_id, until
from tests.journeys.node import Node
from trademesh.backtests.v1 import backtest_pb2, backtest_service_pb2
from trademesh.backtests.v1.backtest_service_pb2_grpc import BacktestServiceStub

WANTED = {
    "strategy_id": "sma-cross",
    "instrument_id": "AAPL",
    "timeframe": "1d",
    "start_time": "2008-01-01T00:00:00Z",
    "end_time": "2010-01-01T00:00:00Z",
    "parameters": {"fast": "10", "slow": "30"},
    "cash": "100000",
}
SLOW = '''
import time
from domain.strategies import Strategy

class Slow(Strategy):
    """Takes its time over each bar."""

    def on_bar(self, bar, ctx):
        time.sleep(0.02)
'''


@pytest.fixture
def backtests(grpc_client: Grpc):
    return grpc_client.stub(BacktestServiceStub)


@pytest.fixture(scope="module")
def done(rest: Rest) -> dict:
    """One backtest that ended well."""
    created = rest.post("/v1/backtests", backtest=WANTED).json["backtest"]
    return ended(rest, created["backtest_id"])


@pytest.fixture(scope="module")
def slow_strategy(rest: Rest) -> str:
    pushed = rest.post("/v1/strategies", strategy_id="slow-for-tests", source=SLOW)
    assert pushed.status == 200, pushed.json
    return "slow-for-tests"


def ended(rest: Rest, backtest_id: str) -> dict:
    """Follows the backtest to its end."""
    [*_, last] = rest.lines(f"/v1/backtests/{backtest_id}:watch")
    return dict(last["backtest"])


def test_a_backtest(rest: Rest, done: dict) -> None:
    assert done["state"] == "STATE_SUCCEEDED"
    assert done["instrument_id"] == "AAPL.XNAS"
    assert done["progress"]["bar_count"] == done["progress"]["total_bar_count"] == "505"
    assert done["statistics"]["final_equity"]
    assert done["result_hash"]
    assert rest.get(f"/v1/backtests/{done['backtest_id']}").json["backtest"] == done
    listed = rest.get("/v1/backtests", page_size=1000).json["backtests"]
    assert done["backtest_id"] in [each["backtest_id"] for each in listed]


def test_the_demo_s_backtest_is_there(platform, rest: Rest) -> None:
    demo = rest.get(f"/v1/backtests/{platform.demo_backtest}").json["backtest"]
    assert demo["state"] == "STATE_SUCCEEDED"


def test_orders_fills_and_equity(rest: Rest, done: dict) -> None:
    path = f"/v1/backtests/{done['backtest_id']}"
    orders = all_pages(rest, f"{path}/orders", "orders")
    fills = all_pages(rest, f"{path}/fills", "fills")
    equity = all_pages(rest, f"{path}/equity", "equity")
    assert len(orders) == int(done["statistics"]["order_count"]) > 0
    assert len(fills) == int(done["statistics"]["fill_count"])
    assert {order["state"] for order in orders} == {"STATE_FILLED"}
    assert [order["number"] for order in orders] == [str(n + 1) for n in range(len(orders))]
    assert len(equity) == 505
    assert equity[-1]["equity"] == done["statistics"]["final_equity"]


def test_the_same_backtest_again_has_the_same_hash(rest: Rest, done: dict) -> None:
    again = rest.post("/v1/backtests", backtest=WANTED).json["backtest"]
    assert again["backtest_id"] != done["backtest_id"]
    assert ended(rest, again["backtest_id"])["result_hash"] == done["result_hash"]


def test_a_backtest_over_grpc(backtests, done: dict) -> None:
    wanted = backtest_pb2.Backtest(
        strategy_id="sma-cross",
        instrument_id="AAPL",
        timeframe="1d",
        parameters={"fast": "10", "slow": "30"},
        cash="100000",
    )
    wanted.start_time.FromJsonString(WANTED["start_time"])
    wanted.end_time.FromJsonString(WANTED["end_time"])
    request = backtest_service_pb2.CreateBacktestRequest(backtest=wanted, request_id=new_id())
    created = backtests.CreateBacktest(request).backtest
    assert backtests.CreateBacktest(request).backtest.backtest_id == created.backtest_id
    watch = backtests.WatchBacktest(
        backtest_service_pb2.WatchBacktestRequest(backtest_id=created.backtest_id)
    )
    [*_, last] = watch
    assert last.backtest.state == backtest_pb2.Backtest.STATE_SUCCEEDED
    assert last.backtest.result_hash == done["result_hash"]
    orders = backtests.ListBacktestOrders(
        backtest_service_pb2.ListBacktestOrdersRequest(backtest_id=created.backtest_id)
    ).orders
    assert orders


def test_progress_arrives_over_grpc_web_while_it_runs(
    platform, node: Node, rest: Rest, slow_strategy: str
) -> None:
    created = rest.post("/v1/backtests", backtest=slow_terms(slow_strategy)).json["backtest"]
    reply = node.call(
        platform.rest,
        "backtests/v1/backtest_service",
        "BacktestService",
        "watchBacktest",
        token=platform.token,
        request={"backtest_id": created["backtest_id"]},
    )
    assert reply.error is None
    states = [message["backtest"]["state"] for message in reply.messages]
    assert states[-1] == "STATE_SUCCEEDED"
    done_bars = [
        int(message["backtest"].get("progress", {}).get("bar_count", 0))
        for message in reply.messages
    ]
    assert done_bars == sorted(done_bars)
    assert len(reply.messages) >= 3
    # The first came while bars were still to be done.
    assert reply.times[-1] - reply.times[0] > 0.5


def test_a_backtest_can_be_canceled(rest: Rest, slow_strategy: str) -> None:
    terms = slow_terms(slow_strategy, start_time="2000-01-01T00:00:00Z")
    backtest_id = rest.post("/v1/backtests", backtest=terms).json["backtest"]["backtest_id"]
    path = f"/v1/backtests/{backtest_id}"
    until(lambda: rest.get(path).json["backtest"]["state"] == "STATE_RUNNING")
    early = rest.get(f"{path}/orders")
    assert (early.status, early.reason) == (400, "BACKTEST_NOT_DONE")
    assert rest.post(f"{path}:cancel").status == 200
    assert ended(rest, backtest_id)["state"] == "STATE_CANCELED"
    again = rest.post(f"{path}:cancel")
    assert (again.status, again.reason) == (400, "BACKTEST_ENDED")


def test_a_strategy_that_raises_fails_its_backtest_only(rest: Rest) -> None:
    source = SLOW.replace("time.sleep(0.02)", "1 / 0").replace("Slow", "Broken")
    rest.post("/v1/strategies", strategy_id="broken-for-tests", source=source)
    terms = WANTED | {"strategy_id": "broken-for-tests", "parameters": {}}
    created = rest.post("/v1/backtests", backtest=terms).json["backtest"]
    failed = ended(rest, created["backtest_id"])
    assert (failed["state"], failed["error_reason"]) == ("STATE_FAILED", "STRATEGY_RAISED")
    assert "ZeroDivisionError" in failed["error_message"]
    assert "1 / 0" in failed["error_message"]


BAD_TERMS = {
    "unknown strategy": ({"strategy_id": "nope"}, "STRATEGY_NOT_FOUND", None),
    "unknown version": ({"version_id": "sha256:00"}, "VERSION_NOT_FOUND", None),
    "unknown instrument": ({"instrument_id": "NOPE"}, "INSTRUMENT_NOT_FOUND", None),
    "unknown parameter": ({"parameters": {"speed": "1"}}, "UNKNOWN_PARAMETER", "parameters.speed"),
    "parameter of the wrong type": (
        {"parameters": {"fast": "x"}},
        "INVALID_PARAMETER",
        "parameters.fast",
    ),
    "unknown timeframe": ({"timeframe": "7x"}, "UNKNOWN_TIMEFRAME", "timeframe"),
    "end before start": ({"end_time": "2007-01-01T00:00:00Z"}, "END_BEFORE_START", "end_time"),
    "no bars": (
        {"start_time": "1980-01-01T00:00:00Z", "end_time": "1981-01-01T00:00:00Z"},
        "NO_BARS",
        "instrument_id",
    ),
    "negative cash": ({"cash": "-1"}, "NOT_POSITIVE", "cash"),
    "cash in words": ({"cash": "much"}, "NOT_A_DECIMAL", "cash"),
    "no strategy": ({"strategy_id": ""}, "MISSING_FIELD", "strategy_id"),
    "no instrument": ({"instrument_id": ""}, "MISSING_FIELD", "instrument_id"),
    "no timeframe": ({"timeframe": ""}, "MISSING_FIELD", "timeframe"),
}


@pytest.mark.parametrize(("terms", "reason", "field"), BAD_TERMS.values(), ids=BAD_TERMS.keys())
def test_bad_terms_are_refused_by_field_and_nothing_is_queued(
    rest: Rest, terms: dict, reason: str, field: str | None
) -> None:
    before = rest.get("/v1/backtests", page_size=1).json["backtests"]
    answer = rest.post("/v1/backtests", backtest={**WANTED, **terms})
    assert (answer.status, answer.reason) == (400 if field else 404, reason)
    assert answer.fields == ([f"backtest.{field}"] if field else [])
    assert rest.get("/v1/backtests", page_size=1).json["backtests"] == before


def test_checking_a_backtest_runs_nothing(rest: Rest) -> None:
    before = rest.get("/v1/backtests", page_size=1).json["backtests"]
    assert rest.post("/v1/backtests", backtest=WANTED, validate_only=True).status == 200
    assert rest.get("/v1/backtests", page_size=1).json["backtests"] == before


@pytest.mark.parametrize("rest_of_path", ["", ":watch", "/orders", "/fills", "/equity"])
def test_an_unknown_backtest(rest: Rest, rest_of_path: str) -> None:
    answer = rest.get(f"/v1/backtests/bt_nobody{rest_of_path}")
    assert (answer.status, answer.reason) == (404, "BACKTEST_NOT_FOUND")


def test_an_unknown_backtest_over_grpc(backtests) -> None:
    with pytest.raises(Refused) as refused:
        backtests.GetBacktest(backtest_service_pb2.GetBacktestRequest(backtest_id="bt_nobody"))
    assert refused.value.reason == "BACKTEST_NOT_FOUND"


def slow_terms(strategy_id: str, start_time: str = "2009-09-01T00:00:00Z") -> dict:
    return WANTED | {"strategy_id": strategy_id, "parameters": {}, "start_time": start_time}


def all_pages(rest: Rest, path: str, name: str) -> list:
    items, token = [], None
    while token != "":
        page = rest.get(path, page_size=100, **({"page_token": token} if token else {})).json
        items += page[name]
        token = page["next_page_token"]
    return items
