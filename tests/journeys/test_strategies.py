"""The library and strategy runs on paper: over REST, gRPC and gRPC-web."""

import random

import pytest

from tests.journeys.clients import Grpc, Refused, Rest, new_id, until
from tests.journeys.node import Node
from tests.journeys.test_backtests import all_pages, ended
from trademesh.strategies.v1 import run_pb2, run_service_pb2, strategy_service_pb2
from trademesh.strategies.v1.run_service_pb2_grpc import RunServiceStub
from trademesh.strategies.v1.strategy_service_pb2_grpc import StrategyServiceStub

SOURCE = '''
from dataclasses import dataclass
from domain.strategies import Strategy

@dataclass
class Nothing(Strategy):
    """Does nothing, {number}."""

    instrument_id: str
    days: int = 5
'''
RANGE = {"start_time": "2012-05-01T00:00:00Z", "end_time": "2013-03-01T00:00:00Z"}


@pytest.fixture
def library(grpc_client: Grpc):
    return grpc_client.stub(StrategyServiceStub)


@pytest.fixture
def runs(grpc_client: Grpc):
    return grpc_client.stub(RunServiceStub)


@pytest.fixture
def name() -> str:
    return f"test-{random.randrange(10**9)}"


@pytest.fixture
def account(rest: Rest) -> str:
    wanted = {"display_name": "runs", "capital": "100000"}
    return str(rest.post("/v1/accounts", account=wanted).json["account"]["account_id"])


def terms(account: str, *, bars_per_second: float = 0, **other) -> dict:
    return {
        "strategy_id": "sma-cross",
        "account_id": account,
        "instrument_id": "FB",
        "timeframe": "1d",
        "parameters": {"fast": "5", "slow": "15"},
        "replay": {**RANGE, "bars_per_second": bars_per_second},
        **other,
    }


def test_the_library(rest: Rest, library) -> None:
    listed = rest.get("/v1/strategies", page_size=1000).json["strategies"]
    names = [each["strategy_id"] for each in listed]
    assert {"buy-and-hold", "sma-cross"} <= set(names)
    assert names == sorted(names)
    found = rest.get("/v1/strategies/sma-cross").json["strategy"]
    assert found["built_in"]
    parameters = {each["name"]: each for each in found["latest_version"]["parameters"]}
    assert (parameters["fast"]["type"], parameters["fast"]["default_value"]) == ("int", "10")
    request = strategy_service_pb2.GetStrategyRequest(strategy_id="sma-cross")
    version = library.GetStrategy(request).strategy.latest_version
    assert version.version_id == found["latest_version"]["version_id"]


def test_a_source_is_kept_as_a_version(rest: Rest, library, name: str) -> None:
    first = push(rest, name, SOURCE.format(number=1))
    assert first["class_name"] == "Nothing"
    assert [each["name"] for each in first["parameters"]] == ["instrument_id", "days"]
    again = push(rest, name, SOURCE.format(number=1))
    assert again["version_id"] == first["version_id"]
    request = strategy_service_pb2.PushStrategyRequest(
        strategy_id=name, source=SOURCE.format(number=2), request_id=new_id()
    )
    second = library.PushStrategy(request).strategy_version
    versions = rest.get(f"/v1/strategies/{name}/versions").json["strategy_versions"]
    assert [each["version_id"] for each in versions] == [second.version_id, first["version_id"]]


def test_checking_a_source_keeps_nothing(rest: Rest, name: str) -> None:
    push(rest, name, SOURCE.format(number=1), validate_only=True)
    assert rest.get(f"/v1/strategies/{name}").reason == "STRATEGY_NOT_FOUND"


BAD_SOURCES = {
    "does not import": ("import nothing_such_here\n", "STRATEGY_DOES_NOT_IMPORT"),
    "is no Python": ("def on_bar(:\n", "STRATEGY_DOES_NOT_IMPORT"),
    "ends the process": ("import os\nos._exit(0)\n", "STRATEGY_DOES_NOT_IMPORT"),
    "has no strategy": ("x = 1\n", "STRATEGY_CLASS_NOT_FOUND"),
    "has two": (
        SOURCE + SOURCE.replace("Nothing", "Other").replace("{number}", ""),
        "STRATEGY_CLASS_AMBIGUOUS",
    ),
    "is empty": ("", "MISSING_FIELD"),
}


@pytest.mark.parametrize(("source", "reason"), BAD_SOURCES.values(), ids=BAD_SOURCES.keys())
def test_a_bad_source_is_refused(rest: Rest, name: str, source: str, reason: str) -> None:
    answer = rest.post("/v1/strategies", strategy_id=name, source=source)
    assert (answer.status, answer.reason) == (400, reason)
    assert rest.get(f"/v1/strategies/{name}").reason == "STRATEGY_NOT_FOUND"


def test_the_line_at_fault_is_named(rest: Rest, name: str) -> None:
    source = "x = 1\nimport nothing_such_here\n"
    answer = rest.post("/v1/strategies", strategy_id=name, source=source)
    assert answer.json["details"][0]["metadata"]["line"] == "2"


def test_the_house_s_own_cannot_be_replaced(rest: Rest) -> None:
    answer = rest.post("/v1/strategies", strategy_id="sma-cross", source=SOURCE)
    assert (answer.status, answer.reason) == (400, "STRATEGY_BUILT_IN")


@pytest.mark.parametrize("bad", ["Has Spaces", "../etc", "UPPER", "x" * 300])
def test_a_bad_name_is_refused(rest: Rest, bad: str) -> None:
    answer = rest.post("/v1/strategies", strategy_id=bad, source=SOURCE)
    assert (answer.status, answer.fields) == (400, ["strategy_id"])


def test_a_run_trades_as_its_backtest_did(rest: Rest, account: str) -> None:
    started = rest.post("/v1/runs", run=terms(account)).json["run"]
    [*_, last] = rest.lines(f"/v1/runs/{started['run_id']}:watch")
    finished = last["run"]
    assert finished["state"] == "STATE_FINISHED"
    assert finished["bar_count"] == finished["total_bar_count"] != "0"
    backtest = {key: value for key, value in terms(account).items() if key != "replay"}
    del backtest["account_id"]
    created = rest.post("/v1/backtests", backtest=backtest | RANGE | {"cash": "100000"})
    backtest_id = created.json["backtest"]["backtest_id"]
    report = ended(rest, backtest_id)["statistics"]

    def decisions(path: str, name: str, *fields: str) -> list[tuple]:
        return [tuple(each[field] for field in fields) for each in all_pages(rest, path, name)]

    # An account lists its newest first, a backtest its oldest.
    order = ("number", "side", "quantity", "state", "average_fill_price")
    orders = decisions(f"/v1/accounts/{account}/orders", "orders", *order)[::-1]
    assert orders == decisions(f"/v1/backtests/{backtest_id}/orders", "orders", *order)
    fill = ("side", "quantity", "price", "fee", "fill_time")
    fills = decisions(f"/v1/accounts/{account}/fills", "fills", *fill)[::-1]
    assert fills == decisions(f"/v1/backtests/{backtest_id}/fills", "fills", *fill)
    assert len(fills) == int(report["fill_count"]) > 0
    money = rest.get(f"/v1/accounts/{account}").json["account"]
    assert money["equity"] == report["final_equity"]
    positions = rest.get(f"/v1/accounts/{account}/positions").json["positions"]
    held = sum(int(q) * (1 if side == "SIDE_BUY" else -1) for side, q, *_ in fills)
    assert [int(each["quantity"]) for each in positions] == ([held] if held else [])
    by_run = all_pages(rest, f"/v1/accounts/{account}/orders", "orders")
    assert {each["run_id"] for each in by_run} == {started["run_id"]}


def test_a_run_over_grpc_is_watched_and_stopped(runs, account: str) -> None:
    wanted = run_pb2.Run(
        strategy_id="sma-cross",
        account_id=account,
        instrument_id="FB",
        timeframe="1d",
        replay=run_pb2.Replay(bars_per_second=20),
    )
    request = run_service_pb2.StartRunRequest(run=wanted, request_id=new_id())
    started = runs.StartRun(request).run
    assert runs.StartRun(request).run.run_id == started.run_id
    watch = runs.WatchRun(run_service_pb2.WatchRunRequest(run_id=started.run_id))
    heard = next(update for update in watch if update.run.bar_count >= 3)
    assert heard.run.state == run_pb2.Run.STATE_RUNNING
    runs.StopRun(run_service_pb2.StopRunRequest(run_id=started.run_id, request_id=new_id()))
    [*_, last] = watch
    assert last.run.state == run_pb2.Run.STATE_STOPPED
    with pytest.raises(Refused) as refused:
        runs.StopRun(run_service_pb2.StopRunRequest(run_id=started.run_id, request_id=new_id()))
    assert refused.value.reason == "RUN_ENDED"


def test_a_run_arrives_bar_by_bar_over_grpc_web(platform, node: Node, rest, account: str) -> None:
    started = rest.post("/v1/runs", run=terms(account, bars_per_second=10)).json["run"]
    reply = node.call(
        platform.rest,
        "strategies/v1/run_service",
        "RunService",
        "watchRun",
        token=platform.token,
        request={"run_id": started["run_id"]},
        limit=8,
    )
    assert reply.error is None
    assert len(reply.messages) == 8
    assert reply.times[-1] - reply.times[0] > 0.3  # ten bars a second, not in one lump
    assert rest.post(f"/v1/runs/{started['run_id']}:stop").status == 200


def test_runs_are_listed_and_stopped_over_rest(rest: Rest, account: str) -> None:
    run_id = rest.post("/v1/runs", run=terms(account, bars_per_second=5)).json["run"]["run_id"]
    active = rest.get("/v1/runs", active_only="true", page_size=1000).json["runs"]
    assert run_id in [each["run_id"] for each in active]
    busy = rest.post("/v1/runs", run=terms(account))
    assert (busy.status, busy.reason) == (400, "ACCOUNT_BUSY")
    assert rest.post(f"/v1/runs/{run_id}:stop").status == 200
    until(lambda: rest.get(f"/v1/runs/{run_id}").json["run"]["state"] == "STATE_STOPPED")
    active = rest.get("/v1/runs", active_only="true", page_size=1000).json["runs"]
    assert run_id not in [each["run_id"] for each in active]


def test_the_demo_s_run_is_at_work(platform, rest: Rest) -> None:
    run = rest.get(f"/v1/runs/{platform.demo_run}").json["run"]
    assert run["state"] == "STATE_RUNNING"


def test_a_strategy_that_raises_ends_its_run_only(rest: Rest, account: str, name: str) -> None:
    source = SOURCE + "    def on_bar(self, bar, ctx):\n        raise ValueError('no idea')\n"
    push(rest, name, source)
    wanted = terms(account, strategy_id=name, parameters={})
    run_id = rest.post("/v1/runs", run=wanted).json["run"]["run_id"]
    [*_, last] = rest.lines(f"/v1/runs/{run_id}:watch")
    failed = last["run"]
    assert (failed["state"], failed["error_reason"]) == ("STATE_FAILED", "STRATEGY_RAISED")
    assert "no idea" in failed["error_message"]
    assert rest.get("/v1/instruments").status == 200


BAD_TERMS = {
    "unknown strategy": ({"strategy_id": "nope"}, "STRATEGY_NOT_FOUND", None),
    "unknown instrument": ({"instrument_id": "NOPE"}, "INSTRUMENT_NOT_FOUND", None),
    "unknown account": ({"account_id": "acc_nobody"}, "ACCOUNT_NOT_FOUND", None),
    "unknown parameter": ({"parameters": {"speed": "1"}}, "UNKNOWN_PARAMETER", "parameters.speed"),
    "parameter of the wrong type": (
        {"parameters": {"fast": "x"}},
        "INVALID_PARAMETER",
        "parameters.fast",
    ),
    "no account": ({"account_id": ""}, "MISSING_FIELD", "account_id"),
    "end before start": (
        {"replay": {"start_time": RANGE["end_time"], "end_time": RANGE["start_time"]}},
        "END_BEFORE_START",
        "replay.end_time",
    ),
    "negative speed": (
        {"replay": {"bars_per_second": -1}},
        "OUT_OF_RANGE",
        "replay.bars_per_second",
    ),
}


@pytest.mark.parametrize(("other", "reason", "field"), BAD_TERMS.values(), ids=BAD_TERMS.keys())
def test_bad_terms_are_refused_by_field_and_start_nothing(
    rest: Rest, account: str, other: dict, reason: str, field: str | None
) -> None:
    answer = rest.post("/v1/runs", run=terms(account, **other))
    assert (answer.status, answer.reason) == (400 if field else 404, reason)
    assert answer.fields == ([f"run.{field}"] if field else [])
    started = rest.get("/v1/runs", page_size=1000).json["runs"]
    assert account not in [each["account_id"] for each in started]


@pytest.mark.parametrize("rest_of_path", ["", ":watch"])
def test_an_unknown_run(rest: Rest, rest_of_path: str) -> None:
    answer = rest.get(f"/v1/runs/run_nobody{rest_of_path}")
    assert (answer.status, answer.reason) == (404, "RUN_NOT_FOUND")


def push(rest: Rest, name: str, source: str, **how) -> dict:
    answer = rest.post("/v1/strategies", strategy_id=name, source=source, **how)
    assert answer.status == 200, answer.json
    return dict(answer.json["strategy_version"])
