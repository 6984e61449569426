"""Backups while orders, imports and runs go on: each is one moment, and a platform that goes on."""

import base64
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.backups import (
    assert_balanced,
    assert_broker_agrees,
    assert_is_a_moment_of,
    back_up,
    restore,
    settled,
)
from tests.journeys.clients import Rest, until
from tests.journeys.conftest import Platform
from tests.strategy_sources import MIXED
from tests.upgrade.life import ENDED

BACKUPS = 12
LONG = {"start_time": "2000-03-01T00:00:00Z", "end_time": "2013-03-01T00:00:00Z"}
SHORT = {"start_time": "2012-03-01T00:00:00Z", "end_time": "2013-03-01T00:00:00Z"}
IMPORT = {"instrument_id": "LOAD.XNAS", "timeframe": "1m"}
ORDER = {
    "instrument_id": "AAPL",
    "side": "SIDE_BUY",
    "quantity": "1",
    "order_type": "ORDER_TYPE_LIMIT",
    "limit_price": "10.50",
    "time_in_force": "TIME_IN_FORCE_GTC",
}


@pytest.mark.timeout(1800)
def test_backups_under_load_are_moments_that_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with platform_on(folder) as rest:
        start_runs(rest)
        with load(rest) as done:
            for number in range(BACKUPS):
                before = len(done)
                back_up(folder, tmp_path / f"{number}.zip")
                until(lambda before=before: len(done) > before + 20, 60)

    counts = []
    for number in range(BACKUPS):
        place = restore(tmp_path / f"{number}.zip", tmp_path / f"restored{number}")
        counts.append(assert_is_a_moment_of(place, folder))
    for earlier, later in itertools.pairwise(counts):
        assert all(earlier[kind] <= later[kind] for kind in later)
        assert earlier["account_events"] < later["account_events"]
    assert counts[-1]["fills"] > counts[0]["fills"]
    print(f"{BACKUPS} backups under {len(done)} calls; in the last one {dict(counts[-1])}")

    for number in (0, BACKUPS // 2, BACKUPS - 1):
        goes_on(tmp_path / f"restored{number}")


def start_runs(rest: Rest) -> None:
    rest.post("/v1/strategies", strategy_id="mixed", source=MIXED)
    for name, pace, window in (("AAPL", 40, LONG), ("MSFT", 0, SHORT)):
        run = {"strategy_id": "mixed", "instrument_id": name, "timeframe": "1d"}
        replay = window | {"bars_per_second": pace}
        terms = run | {"account_id": an_account(rest, f"runs {name}"), "replay": replay}
        assert rest.post("/v1/runs", run=terms).status == 200


def an_account(rest: Rest, name: str) -> str:
    wanted = {"display_name": name, "capital": "1000000"}
    return str(rest.post("/v1/accounts", account=wanted).json["account"]["account_id"])


@contextmanager
def load(rest: Rest) -> Iterator[list[str]]:
    """Orders, cancels, imports and backtests without a pause. Gives what was done."""
    over, done = threading.Event(), list[str]()

    def repeat(work: Callable[[int], None]) -> threading.Thread:
        def run() -> None:
            for number in itertools.count():
                if over.is_set():
                    return
                work(number)
                done.append(work.__name__)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    accounts = [f"/v1/accounts/{an_account(rest, f'orders {n}')}/orders" for n in range(2)]

    def orders(number: int) -> None:
        path = accounts[number % 2]
        placed = rest.post(path, order=ORDER).json["order"]
        if number % 3:
            rest.post(f"{path}/{placed['order_id']}:cancel")

    def imports(number: int) -> None:
        lines = ["time,open,high,low,close,volume"]
        lines += [f"{1_400_000_000 + 60 * n},10,12,9,11,{number}" for n in range(200)]
        declared = rest.post("/v1/imports", **{"import": IMPORT}).json["import"]["import_id"]
        path = f"/v1/imports/{declared}"
        rest.post(f"{path}/chunks", offset="0", data=encoded("\n".join(lines)), last=True)
        until(lambda: rest.get(path).json["import"]["state"] in ENDED, 60)

    def backtests(number: int) -> None:
        terms = {"strategy_id": "mixed", "instrument_id": "FB", "timeframe": "1d"}
        made = rest.post("/v1/backtests", backtest=terms | {"cash": "100000"}).json["backtest"]
        path = f"/v1/backtests/{made['backtest_id']}"
        until(lambda: rest.get(path).json["backtest"]["state"] in ENDED, 60)

    threads = [repeat(work) for work in (orders, orders, imports, backtests)]
    try:
        yield done
    finally:
        over.set()
        for thread in threads:
            thread.join()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def goes_on(folder: Path) -> None:
    """A platform starts on it, agrees with its broker, ends what was begun, and takes orders."""
    with platform_on(folder) as rest:
        [fast] = [
            one for one in rest.get("/v1/runs").json["runs"] if "MSFT" in one["instrument_id"]
        ]
        until(lambda: state_of(rest, fast) in ENDED, 300)
        path = f"/v1/accounts/{an_account(rest, 'after')}/orders"
        assert rest.post(path, order=ORDER).status == 200
        for run in rest.get("/v1/runs", active_only="true").json["runs"]:
            rest.post(f"/v1/runs/{run['run_id']}:stop")
            until(lambda run=run: state_of(rest, run) in ENDED)
        assert all(order["state"] != "STATE_QUARANTINED" for order in settled(rest))
    assert_balanced(folder)
    assert_broker_agrees(folder)


def state_of(rest: Rest, run: dict[str, Any]) -> str:
    return str(rest.get(f"/v1/runs/{run['run_id']}").json["run"]["state"])


@contextmanager
def platform_on(folder: Path) -> Iterator[Rest]:
    platform = Platform(folder, "--no-demo")
    stopped = None
    try:
        yield Rest(platform.rest, platform.token)
    finally:
        stopped = platform.stop()
    assert stopped == 0
