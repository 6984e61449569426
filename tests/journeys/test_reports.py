"""A run is replayed, and compared with its backtest and with itself, over REST and gRPC."""

from decimal import Decimal

import pytest

from tests.journeys.clients import Grpc, Refused, Rest
from trademesh.reports.v1 import report_service_pb2 as pb
from trademesh.reports.v1.report_service_pb2_grpc import ReportServiceStub
from trademesh.strategies.v1 import replay_pb2, run_service_pb2
from trademesh.strategies.v1.run_service_pb2_grpc import RunServiceStub

SPAN = {"start_time": "2012-05-01T00:00:00Z", "end_time": "2013-03-01T00:00:00Z"}
WANTED = {"strategy_id": "sma-cross", "instrument_id": "MSFT", "timeframe": "1d"}
COMPONENTS = ("signal", "timing", "price", "quantity", "fee")


@pytest.fixture(scope="module")
def run_id(rest: Rest) -> str:
    """A run on paper that has come to its end."""
    account = rest.post("/v1/accounts", account={"display_name": "reports", "capital": "100000"})
    account_id = account.json["account"]["account_id"]
    wanted = {**WANTED, "account_id": account_id, "parameters": {"fast": "5"}, "replay": SPAN}
    started = rest.post("/v1/runs", run=wanted).json["run"]
    [*_, last] = rest.lines(f"/v1/runs/{started['run_id']}:watch")
    assert last["run"]["state"] == "STATE_FINISHED", last
    return str(started["run_id"])


def backtest(rest: Rest, **parameters: str) -> str:
    wanted = {**WANTED, **SPAN, "cash": "100000", "parameters": parameters}
    created = rest.post("/v1/backtests", backtest=wanted)
    assert created.status == 200, created.json
    backtest_id = created.json["backtest"]["backtest_id"]
    [*_, last] = rest.lines(f"/v1/backtests/{backtest_id}:watch")
    assert last["backtest"]["state"] == "STATE_SUCCEEDED", last
    return str(backtest_id)


def test_a_run_is_replayed_hash_for_hash(rest: Rest, grpc_client: Grpc, run_id: str) -> None:
    [*steps, last] = rest.lines(f"/v1/runs/{run_id}:replay")
    assert steps
    assert all("progress" in step for step in steps)
    replay = last["replay"]
    assert replay["verdict"] == "VERDICT_EQUAL"
    assert replay["recorded_hash"] == replay["replayed_hash"]
    assert replay["account_hash"] == replay["replayed_account_hash"]
    assert int(replay["decision_count"]) > 5
    runs = grpc_client.stub(RunServiceStub)
    [*_, again] = runs.ReplayRun(run_service_pb2.ReplayRunRequest(run_id=run_id))
    assert again.replay.verdict == replay_pb2.RunReplay.VERDICT_EQUAL
    assert again.replay.replayed_hash == replay["replayed_hash"]


def test_a_run_equals_its_backtest_and_its_rehearsal(rest: Rest, run_id: str) -> None:
    for right in ("", backtest(rest, fast="5")):
        report = rest.get("/v1/reports/parity", left=run_id, right=right).json
        assert report["parity"]["is_equal"], report
        assert report["rows"] == []
        assert int(report["parity"]["decision_count"]) > 5


def test_another_parameter_is_signal_and_adds_up(
    rest: Rest, grpc_client: Grpc, run_id: str
) -> None:
    other = backtest(rest, fast="9")
    answer = rest.get("/v1/reports/parity", left=run_id, right=other, show_equal=True).json
    parity = answer["parity"]
    shares = [Decimal(parity[name]["amount"]) for name in COMPONENTS]
    results = [Decimal(parity[side]["result"]) for side in ("left", "right")]
    assert sum(shares) == Decimal(parity["difference"]) == results[0] - results[1]
    assert int(parity["signal"]["decision_count"]) > 5
    assert all(int(parity[name]["decision_count"]) == 0 for name in COMPONENTS[1:])
    reports = grpc_client.stub(ReportServiceStub)
    rows, token = [], ""
    while not rows or token:
        page = reports.CompareParity(
            pb.CompareParityRequest(
                left=run_id, right=other, show_equal=True, page_size=4, page_token=token
            )
        )
        rows += page.rows
        token = page.next_page_token
    assert [row.number for row in rows] == list(range(1, int(parity["decision_count"]) + 1))
    assert sum(Decimal(row.difference) for row in rows) == Decimal(parity["difference"])


def test_what_is_no_record_is_refused(rest: Rest, grpc_client: Grpc, run_id: str) -> None:
    unknown = rest.get("/v1/reports/parity", left="acc_1", right=run_id)
    assert (unknown.status, unknown.reason) == (400, "UNKNOWN_RECORD")
    assert unknown.fields == ["left"]
    missing = rest.get("/v1/reports/parity", left=run_id, right="bt_none")
    assert (missing.status, missing.reason) == (404, "BACKTEST_NOT_FOUND")
    with pytest.raises(Refused) as refused:
        list(
            grpc_client.stub(RunServiceStub).ReplayRun(
                run_service_pb2.ReplayRunRequest(run_id="run_none")
            )
        )
    assert refused.value.reason == "RUN_NOT_FOUND"
