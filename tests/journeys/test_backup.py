"""A backup of the running platform, restored elsewhere, goes on there; and the doctor's word."""

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

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
from tests.journeys.conftest import TRADEMESH, Platform
from tests.upgrade.record import differences

pytestmark = pytest.mark.timeout(240)

ORDER = {
    "instrument_id": "AAPL",
    "side": "SIDE_BUY",
    "quantity": "1",
    "order_type": "ORDER_TYPE_LIMIT",
    "limit_price": "10.50",
    "time_in_force": "TIME_IN_FORCE_GTC",
}


@pytest.fixture
def orders(rest: Rest) -> str:
    """The orders of an account of this test's own."""
    wanted = {"display_name": "backup", "capital": "100000"}
    account = rest.post("/v1/accounts", account=wanted).json["account"]["account_id"]
    return f"/v1/accounts/{account}/orders"


@pytest.fixture
def placing(rest: Rest, orders: str) -> Iterator[list[str]]:
    """Orders come in all the time; here are their ids."""
    over, placed = threading.Event(), list[str]()

    def place() -> None:
        while not over.is_set():
            placed.append(rest.post(orders, order=ORDER).json["order"]["order_id"])

    thread = threading.Thread(target=place)
    thread.start()
    yield placed
    over.set()
    thread.join()


@pytest.mark.verify
def test_a_backup_under_load_is_a_moment_that_goes_on_elsewhere(
    platform: Platform, rest: Rest, orders: str, placing: list[str], tmp_path: Path
) -> None:
    until(lambda: len(placing) > 5)
    before = len(placing)
    series = {"bar_series": rest.get("/v1/bar_series", page_size=1000).json["bar_series"]}

    back_up(platform.data_dir, tmp_path / "backup.zip")
    after = len(placing)

    with tempfile.TemporaryDirectory(prefix="tm-") as place:
        folder = restore(tmp_path / "backup.zip", Path(place, "restored"))
        counts = assert_is_a_moment_of(folder, platform.data_dir)
        assert counts["account_events"] > before
        restored = Platform(folder, "--no-demo")
        elsewhere = Rest(restored.rest, platform.token)  # the keys came along: it is good there too
        try:
            mine = [one for one in settled(elsewhere) if one["account_id"] in orders]
            assert before <= len(mine) <= after + 1
            assert {one["order_id"] for one in mine} <= set(placing)
            assert {one["state"] for one in mine} == {"STATE_ACCEPTED"}
            assert list(differences(series, elsewhere)) == []
            demo = elsewhere.get(f"/v1/runs/{platform.demo_run}").json["run"]
            assert demo["state"] == "STATE_RUNNING"
            assert elsewhere.post(orders, order=ORDER).status == 200
        finally:
            assert restored.stop() == 0
        assert_balanced(folder)
        assert_broker_agrees(folder)


def test_the_doctor_finds_a_running_platform_in_order(platform: Platform) -> None:
    own = {"TRADEMESH_DATA_DIR": str(platform.data_dir)}
    own["TRADEMESH_PORT"] = platform.grpc.rpartition(":")[2]
    done = subprocess.run(
        [TRADEMESH, "doctor", "-o", "json"],
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=False,
    )
    problems = [each for each in json.loads(done.stdout) if each["state"] == "problem"]
    assert (done.returncode, problems) == (0, [])
