"""A run at work is paused, given other parameters, flattened and resumed; its log tells of it."""

import random

import pytest

from tests.journeys.clients import Grpc, Refused, Rest, new_id, until
from trademesh.strategies.v1 import run_pb2, strategy_service_pb2
from trademesh.strategies.v1 import run_service_pb2 as pb
from trademesh.strategies.v1.run_service_pb2_grpc import RunServiceStub
from trademesh.strategies.v1.strategy_service_pb2_grpc import StrategyServiceStub

SOURCE = '''
from dataclasses import dataclass
from domain.strategies import Bar, Context, Strategy

@dataclass
class Buys(Strategy):
    """Buys a little at each bar, and says so."""

    instrument_id: str
    size: int = 1

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        ctx.log(f"buys {self.size}")
        ctx.buy(self.instrument_id, self.size)
'''
RANGE = {"start_time": "2012-05-01T00:00:00Z", "end_time": "2013-03-01T00:00:00Z"}


@pytest.fixture
def runs(grpc_client: Grpc):
    return grpc_client.stub(RunServiceStub)


@pytest.fixture
def library(grpc_client: Grpc):
    return grpc_client.stub(StrategyServiceStub)


@pytest.fixture
def name(rest: Rest) -> str:
    """A strategy of that name."""
    name = f"buys-{random.randrange(10**9)}"
    assert rest.post("/v1/strategies", strategy_id=name, source=SOURCE).status == 200
    return name


@pytest.fixture
def wanted(rest: Rest, name: str) -> dict:
    account = {"display_name": "commands", "capital": "100000"}
    return {
        "strategy_id": name,
        "account_id": rest.post("/v1/accounts", account=account).json["account"]["account_id"],
        "instrument_id": "FB",
        "timeframe": "1d",
        "parameters": {},
        "replay": {**RANGE, "bars_per_second": 40},
    }


@pytest.fixture
def run_id(rest: Rest, wanted: dict) -> str:
    """A run that has begun to trade, and is at work for seconds."""
    rehearsed = rest.post("/v1/runs", run=wanted, validate_only=True).json["run"]
    assert rehearsed["run_id"] == ""
    run_id = str(rest.post("/v1/runs", run=wanted).json["run"]["run_id"])
    until(lambda: int(run_of(rest, run_id)["bar_count"]) >= 3)
    return run_id


def run_of(rest: Rest, run_id: str) -> dict:
    return dict(rest.get(f"/v1/runs/{run_id}").json["run"])


def test_the_commands_of_a_run(rest: Rest, runs, wanted: dict, run_id: str) -> None:
    run, account = f"/v1/runs/{run_id}", f"/v1/accounts/{wanted['account_id']}"
    rehearsed = rest.post(f"{run}:pause", validate_only=True).json["run"]
    assert rehearsed["state"] == "STATE_PAUSED"
    assert run_of(rest, run_id)["state"] == "STATE_RUNNING"
    pause = pb.PauseRunRequest(run_id=run_id, request_id=new_id())
    assert runs.PauseRun(pause).run.state == run_pb2.Run.STATE_PAUSED
    assert runs.PauseRun(pause).run.state == run_pb2.Run.STATE_PAUSED
    assert rest.post(f"{run}:pause").reason == "RUN_PAUSED_ALREADY"

    def denied() -> bool:
        orders = rest.get(f"{account}/orders", run_id=run_id).json["orders"]
        return orders[0]["reason"] == "RUN_PAUSED"

    until(denied)
    changed = rest.post(f"{run}:set_parameters", parameters={"size": "2"}).json["run"]
    assert changed["parameters"]["size"] == "2"
    bad = rest.post(f"{run}:set_parameters", parameters={"seize": "2"})
    assert (bad.reason, bad.fields) == ("UNKNOWN_PARAMETER", ["parameters.seize"])
    position = f"{account}/positions/FB"
    held = rest.get(position).json["position"]["quantity"]
    assert int(held) > 0
    flatten = pb.FlattenRunRequest(run_id=run_id, request_id=new_id())
    flattened = runs.FlattenRun(flatten)
    assert [order.quantity for order in flattened.orders] == [held]
    assert runs.FlattenRun(flatten) == flattened
    until(lambda: rest.get(position).json["position"]["quantity"] == "0")
    assert rest.post(f"{run}:resume").json["run"]["state"] == "STATE_RUNNING"
    assert rest.post(f"{run}:resume").reason == "RUN_NOT_PAUSED"
    until(lambda: rest.get(position).json["position"]["quantity"] != "0")
    assert rest.post(f"{run}:stop", validate_only=True).json["run"]["state"] == "STATE_STOPPING"
    rest.post(f"{run}:stop")
    told = [line for message in rest.lines(f"{run}/logs:watch") for line in message["run_logs"]]
    host = [line["text"] for line in told if line["writer"] == "host"]
    assert [text.split(":")[0].split(" after")[0] for text in host[1:]] == [
        *("started", "paused", "parameters", "flattened", "resumed", "asked to stop", "stopped"),
    ]
    assert {"buys 1", "buys 2"} <= {line["text"] for line in told if line["writer"] == "strategy"}
    watched = list(runs.WatchRunLogs(pb.WatchRunLogsRequest(run_id=run_id)))
    assert [line.number for one in watched for line in one.run_logs] == [
        int(line["number"]) for line in told
    ]
    rest_of = pb.WatchRunLogsRequest(run_id=run_id, cursor=watched[-1].cursor)
    assert list(runs.WatchRunLogs(rest_of)) == []
    page = rest.get(f"{run}/logs", page_size=2).json
    assert page["run_logs"] == told[:2]
    page = rest.get(f"{run}/logs", page_size=2, page_token=page["next_page_token"]).json
    assert page["run_logs"] == told[2:4]
    for verb in ("pause", "resume", "flatten", "stop"):
        assert rest.post(f"{run}:{verb}").reason == "RUN_ENDED"
    with pytest.raises(Refused) as refused:
        runs.PauseRun(pb.PauseRunRequest(run_id="run_none", request_id=new_id()))
    assert refused.value.reason == "RUN_NOT_FOUND"


def test_a_strategy_is_put_away_and_brought_back(
    rest: Rest, library, wanted: dict, name: str, run_id: str
) -> None:
    archive = f"/v1/strategies/{name}:archive"
    assert rest.post(archive).reason == "STRATEGY_AT_WORK"
    rest.post(f"/v1/runs/{run_id}:stop")
    until(lambda: run_of(rest, run_id)["state"] == "STATE_STOPPED")
    assert rest.post(archive, validate_only=True).json["strategy"]["archived"]
    assert not rest.get(f"/v1/strategies/{name}").json["strategy"]["archived"]
    assert rest.post(archive).json["strategy"]["archived"]
    assert rest.post("/v1/runs", run=wanted).reason == "STRATEGY_ARCHIVED"
    backtest = {key: value for key, value in wanted.items() if key not in ("replay", "account_id")}
    refused = rest.post("/v1/backtests", backtest=backtest | RANGE | {"cash": "1000"})
    assert refused.reason == "STRATEGY_ARCHIVED"
    for shown in (False, True):
        listed = rest.get("/v1/strategies", page_size=1000, show_archived=str(shown).lower())
        names = [each["strategy_id"] for each in listed.json["strategies"]]
        assert (name in names) is shown
    version_id = run_of(rest, run_id)["version_id"]
    request = strategy_service_pb2.GetStrategyVersionRequest(
        strategy_id=name, version_id=version_id[:15]
    )
    assert library.GetStrategyVersion(request).strategy_version.source == SOURCE
    missing = rest.get(f"/v1/strategies/{name}/versions/sha256:zz")
    assert (missing.status, missing.reason) == (404, "VERSION_NOT_FOUND")
    assert rest.post("/v1/strategies", strategy_id=name, source=SOURCE).status == 200
    assert not rest.get(f"/v1/strategies/{name}").json["strategy"]["archived"]
    assert rest.post("/v1/strategies/sma-cross:archive").reason == "STRATEGY_BUILT_IN"
