"""What an earlier release left behind is opened by this one, is all there, and goes on."""

import json
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.sql.migrate import migrate
from tests.journeys.clients import Rest, until
from tests.journeys.conftest import Platform
from tests.upgrade.life import ENDED, ORDERS, SMA_CROSS, YEAR
from tests.upgrade.record import differences

RELEASES = sorted(Path(__file__).parent.glob("release-*.tar.xz"))
BOOKS = ("cash", "cost", "fees", "capital", "realised")

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.verify,
    pytest.mark.xdist_group("upgrade"),
]


@dataclass
class Opened:
    """A folder of an earlier release in the hands of this one."""

    before: dict[str, Any]
    folder: Path
    rest: Rest

    def account(self, name: str) -> str:
        """The account of this name, as the release had it."""
        [found] = [one for one in self.before["accounts"] if one["display_name"] == name]
        return str(found["account_id"])


def unpack(release: Path, state: str, folder: Path) -> dict[str, Any]:
    with tarfile.open(release) as tar:
        tar.extractall(folder / "archive", filter="data")
    (folder / "archive" / state).rename(folder / "data")
    recorded: dict[str, Any] = json.loads((folder / "archive" / "recorded.json").read_text())
    return recorded


def platform_of(folder: Path) -> Iterator[Platform]:
    platform = Platform(folder, "--no-demo")
    yield platform
    assert platform.stop() == 0


@pytest.fixture(scope="module", params=RELEASES, ids=lambda path: path.name.split(".tar")[0])
def opened(request, tmp_path_factory) -> Iterator[Opened]:
    """The folder of a release that was stopped in order."""
    folder = tmp_path_factory.mktemp("upgrade")
    recorded = unpack(request.param, "stopped", folder)
    for platform in platform_of(folder / "data"):
        yield Opened(recorded, folder / "data", Rest(platform.rest, platform.token))


@pytest.fixture(scope="module", params=RELEASES, ids=lambda path: path.name.split(".tar")[0])
def killed(request, tmp_path_factory) -> Iterator[Opened]:
    """The folder of a release that was killed with orders on their way."""
    folder = tmp_path_factory.mktemp("upgrade")
    unpack(request.param, "killed", folder)
    for platform in platform_of(folder / "data"):
        yield Opened({}, folder / "data", Rest(platform.rest, platform.token))


def test_there_is_a_folder_of_the_first_release():
    assert "release-0.1.0.tar.xz" in [path.name for path in RELEASES]


def test_all_that_was_told_is_told_again(opened: Opened):
    before = without_what_moves(opened.before)
    assert list(differences(before, opened.rest)) == []


def test_a_difference_would_be_seen(opened: Opened):
    changed = json.loads(json.dumps(without_what_moves(opened.before)))
    changed["backtests"][0]["result_hash"] = "sha256:another"
    bars = next(key for key in changed if key.endswith("bars 1d"))
    changed[bars]["sha256"] = "another"
    places = [line.partition(":")[0] for line in differences(changed, opened.rest)]
    assert sorted(places) == sorted(["backtests", bars])


def test_runs_at_work_go_on_behind_what_they_had_heard(opened: Opened):
    at_work = [run for run in opened.before["runs"] if run["state"] == "STATE_RUNNING"]
    assert len(at_work) == 2
    for run in at_work:
        now = opened.rest.get(f"/v1/runs/{run['run_id']}").json["run"]
        assert now["state"] == "STATE_RUNNING"
        assert int(now["bar_count"]) >= int(run["bar_count"])


def test_the_books_balance(opened: Opened):
    assert_balanced(opened.folder)


def test_the_schema_was_brought_up_after_a_copy(opened: Opened, tmp_path: Path):
    migrate(tmp_path / "new.db")
    today = revision_of(tmp_path / "new.db")
    copies = list(opened.folder.glob("trademesh.db.before-*"))
    assert revision_of(opened.folder / "trademesh.db") == today
    assert all(copy.name == f"trademesh.db.before-{today}" for copy in copies)
    assert all(revision_of(copy) != today for copy in copies)
    assert len(copies) <= 1


def test_the_same_backtest_decides_the_same(opened: Opened):
    hashes = set()
    for one in opened.before["backtests"]:
        if one["state"] != "STATE_SUCCEEDED":
            continue
        terms = ("strategy_id", "version_id", "instrument_id", "timeframe", "parameters")
        range_and_cash = ("start_time", "end_time", "cash")
        wanted = {name: one[name] for name in terms + range_and_cash if one.get(name)}
        again = opened.rest.post("/v1/backtests", backtest=wanted).json["backtest"]
        ended = when_ended(opened.rest, f"/v1/backtests/{again['backtest_id']}", "backtest")
        assert ended["result_hash"] == one["result_hash"]
        hashes.add(ended["result_hash"])
    assert len(hashes) == 3


def test_trading_goes_on(opened: Opened):
    rest = opened.rest
    orders = f"/v1/accounts/{opened.account('open orders')}/orders"
    left = rest.get(orders, open_only="true").json["orders"]
    assert len(left) == len(ORDERS) - 2  # without the denied and the canceled one

    placed = rest.post(orders, order={"instrument_id": "AAPL"} | ORDERS[1]).json["order"]
    assert int(placed["number"]) > len(ORDERS)
    for order in (*left, placed):
        rest.post(f"{orders}/{order['order_id']}:cancel")
    until(lambda: rest.get(orders, open_only="true").json["orders"] == [])

    account_id = opened.account("finished")
    fills = f"/v1/accounts/{account_id}/fills"
    known = len(rest.get(fills, page_size=1000).json["fills"])
    run = SMA_CROSS | {"account_id": account_id, "replay": YEAR | {"bars_per_second": 0}}
    started = rest.post("/v1/runs", run=run).json["run"]
    ended = when_ended(rest, f"/v1/runs/{started['run_id']}", "run")
    assert ended["state"] == "STATE_FINISHED"
    assert len(rest.get(fills, page_size=1000).json["fills"]) == 2 * known > 0
    assert_balanced(opened.folder)


def test_what_a_crash_cut_off_is_brought_to_its_end(killed: Opened):
    rest = killed.rest
    [account] = [
        one["account_id"]
        for one in rest.get("/v1/accounts").json["accounts"]
        if one["display_name"] == "killed"
    ]
    orders = f"/v1/accounts/{account}/orders"
    until(lambda: states_of(rest, orders) == {"STATE_ACCEPTED"})
    assert len(rest.get(orders).json["orders"]) == 20
    [run] = rest.get("/v1/runs").json["runs"]
    assert when_ended(rest, f"/v1/runs/{run['run_id']}", "run")["state"] == "STATE_FINISHED"
    assert_balanced(killed.folder)


def without_what_moves(before: dict[str, Any]) -> dict[str, Any]:
    """Without runs at work, their accounts, and the upload that nobody completed within a day."""
    runs = [one for one in before["runs"] if one["state"] in ENDED]
    moving = {one["account_id"] for one in before["runs"] if one["state"] not in ENDED}
    kept = {
        path: value
        for path, value in before.items()
        if not any(account_id in path for account_id in moving)
    }
    return kept | {
        "runs": runs,
        "accounts": [one for one in before["accounts"] if one["account_id"] not in moving],
        "imports": [one for one in before["imports"] if one["state"] in ENDED],
    }


def when_ended(rest: Rest, path: str, key: str) -> dict[str, Any]:
    def read() -> dict[str, Any]:
        return dict(rest.get(path).json[key])

    until(lambda: read()["state"] in ENDED, 60)
    return read()


def states_of(rest: Rest, orders: str) -> set[str]:
    return {one["state"] for one in rest.get(orders, page_size=1000).json["orders"]}


def assert_balanced(folder: Path) -> None:
    """The postings of each account add up to what the account says; each has two equal sides."""
    sums = ", ".join(f"sum({book})" for book in BOOKS)
    with closing(sqlite3.connect(folder / "trademesh.db")) as connection:
        wrong = connection.execute(
            f"SELECT account_id, {', '.join(BOOKS)} FROM accounts EXCEPT"
            f" SELECT account_id, {sums} FROM ledger_entries GROUP BY account_id"
        ).fetchall()
        postings = connection.execute(f"SELECT {', '.join(BOOKS)} FROM ledger_entries").fetchall()
    assert wrong == []
    assert postings
    for cash, cost, fees, capital, realised in postings:
        assert cash + cost + fees == capital + realised


def revision_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
