"""The life of the whole platform: start, token, drain, kill, start again, and what keeps it out."""

import os
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from adapters.local_token.issuer import LocalTokenIssuer
from adapters.local_token.keys import load_or_create_key
from tests.journeys.clients import Rest, until
from tests.journeys.conftest import TRADEMESH, Platform, free_port
from trademesh.strategies.v1 import run_pb2, run_service_pb2
from trademesh.strategies.v1.run_service_pb2_grpc import RunServiceStub

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        yield Path(folder)


def watch_demo(platform: Platform, channel: grpc.Channel):
    return RunServiceStub(channel).WatchRun(
        run_service_pb2.WatchRunRequest(run_id=platform.demo_run),
        metadata=(("authorization", f"Bearer {platform.token}"),),
        timeout=60,
    )


def edge_pid(platform: Platform) -> int:
    return int((platform.data_dir / "envoy" / "envoy.pid").read_text())


def is_alive(pid: int) -> bool:
    told = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(told.stdout.strip()) and not told.stdout.startswith("Z")


@pytest.mark.verify
def test_a_drain_ends_streams_with_their_cursor_and_the_next_start_goes_on(folder: Path) -> None:
    first = Platform(folder)
    envoy = edge_pid(first)
    with grpc.insecure_channel(first.grpc) as channel:
        stream = watch_demo(first, channel)
        messages = [next(stream)]
        first.process.send_signal(signal.SIGTERM)
        with pytest.raises(grpc.RpcError) as left:
            messages.extend(stream)
        heard = messages[-1]
    assert left.value.code() is grpc.StatusCode.UNAVAILABLE
    info = ErrorInfo()
    rpc_status.from_call(left.value).details[0].Unpack(info)
    assert info.reason == "SERVER_DRAINING"
    assert heard.cursor
    assert first.stop() == 0
    assert not is_alive(envoy)

    second = Platform(folder)
    try:
        assert (second.demo_run, second.demo_backtest) == (first.demo_run, first.demo_backtest)
        with grpc.insecure_channel(second.grpc) as channel:
            stream = RunServiceStub(channel).WatchRun(
                run_service_pb2.WatchRunRequest(run_id=second.demo_run, cursor=heard.cursor),
                metadata=(("authorization", f"Bearer {second.token}"),),
                timeout=60,
            )
            # It goes on behind the cursor, and the run behind the bar it had reached.
            following = next(update for update in stream if update.run.bar_count)
            stream.cancel()
        assert following.run.bar_count >= heard.run.bar_count
        assert following.run.state == run_pb2.Run.STATE_RUNNING
    finally:
        assert second.stop() == 0


@pytest.mark.verify
def test_a_kill_leaves_nothing_in_the_way_of_the_next_start(folder: Path) -> None:
    first = Platform(folder)
    envoy = edge_pid(first)
    first.process.kill()
    first.stop()
    until(lambda: not is_alive(envoy))
    second = Platform(folder)
    rest = Rest(second.rest, second.token)
    path = f"/v1/runs/{first.demo_run}"
    try:
        until(lambda: rest.get(path).json["run"]["state"] == "STATE_RUNNING")
    finally:
        assert second.stop() == 0


def test_the_token_is_its_owner_s_alone(platform: Platform) -> None:
    for path in (platform.token_file, *(platform.data_dir / "keys").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


@pytest.mark.parametrize("path", ["/v1/instruments", "/v1/runs/run_x:watch"])
def test_an_expired_token(platform: Platform, path: str) -> None:
    key = load_or_create_key(platform.data_dir / "keys")
    expired = LocalTokenIssuer(key, lambda: time.time() - 3600).issue("local", "me", ["a"], 60)
    answer = Rest(platform.rest, expired).get(path)
    assert (answer.status, answer.reason) == (401, "TOKEN_EXPIRED")


def test_another_tenant_sees_nothing_of_ours(platform: Platform, rest: Rest) -> None:
    key = load_or_create_key(platform.data_dir / "keys")
    scopes = ["orders.read", "orders.write", "strategies.read", "strategies.run", "backtests.read"]
    other = Rest(platform.rest, LocalTokenIssuer(key, time.time).issue("other", "me", scopes))
    account = rest.get("/v1/accounts").json["accounts"][0]["account_id"]
    for path, reason in (
        (f"/v1/accounts/{account}", "ACCOUNT_NOT_FOUND"),
        (f"/v1/accounts/{account}/orders", "ACCOUNT_NOT_FOUND"),
        (f"/v1/accounts/{account}:watch", "ACCOUNT_NOT_FOUND"),
        (f"/v1/runs/{platform.demo_run}", "RUN_NOT_FOUND"),
        (f"/v1/backtests/{platform.demo_backtest}", "BACKTEST_NOT_FOUND"),
    ):
        answer = other.get(path)
        assert (answer.status, answer.reason) == (404, reason)
    for noun in ("accounts", "runs", "backtests"):
        assert other.get(f"/v1/{noun}").json[noun] == []
    wanted = {
        "strategy_id": "sma-cross",
        "account_id": account,
        "instrument_id": "AAPL",
        "timeframe": "1d",
        "replay": {},
    }
    assert other.post("/v1/runs", run=wanted).reason == "ACCOUNT_NOT_FOUND"


def test_the_log_holds_calls_and_no_secrets(platform: Platform, rest: Rest) -> None:
    rest.get("/v1/instruments")
    folder = platform.data_dir / "logs"

    def read() -> str:
        return "".join(path.read_text("utf-8", "replace") for path in folder.iterdir())

    until(lambda: read().count("MarketDataService/ListInstruments") >= 2)  # the edge's and ours
    logs = read()
    assert platform.token not in logs
    assert platform.token.split(".")[2] not in logs


def refused(folder: Path, port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(TRADEMESH), "up", "--headless"],
        env=os.environ | {"TRADEMESH_DATA_DIR": str(folder), "TRADEMESH_PORT": str(port)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_port_in_use_is_named(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = refused(folder, port)
    assert ended.returncode == 7
    assert str(port) in ended.stderr
    assert "try:" in ended.stderr.splitlines()[-1]
    assert ended.stdout == ""


def test_a_data_folder_in_use_is_named(platform: Platform) -> None:
    ended = refused(platform.data_dir, free_port())
    assert ended.returncode == 7
    assert str(platform.data_dir) in ended.stderr
    assert "try:" in ended.stderr.splitlines()[-1]
