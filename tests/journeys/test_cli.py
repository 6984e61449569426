"""The command line against the whole platform, as a person or a script types it."""

import json
from pathlib import Path
from typing import Any

import pytest

SMA_CROSS = (
    *("backtest", "run", "sma-cross", "--instrument", "AAPL", "--timeframe", "1d"),
    *("--start", "2000-03-01", "--end", "2013-03-01", "--cash", "100000"),
    *("--param", "fast=10", "--param", "slow=30", "-o", "json"),
)
OWN_STRATEGY = """
from dataclasses import dataclass
from domain.strategies import Bar, Context, Strategy


@dataclass
class Mine(Strategy):
    instrument_id: str
    fail_at: int = 0

    def on_start(self, ctx: Context) -> None:
        self.count = 0

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        self.count += 1
        if self.count == self.fail_at:
            raise ValueError("the author made a mistake")
        if self.count == 1:
            ctx.buy(self.instrument_id, 10)
"""


@pytest.fixture
def own_file(tmp_path) -> Path:
    file = tmp_path / "mine.py"
    file.write_text(OWN_STRATEGY)
    return file


@pytest.fixture
def account(cli) -> str:
    """An account of this test's own."""
    return cli("account", "create", "journey", "--cash", "100000", "-o", "name").out.strip()


def test_status_says_what_there_is(installed):
    status = installed("status").data
    assert status["state"] == "up"
    assert status["instrument_count"] >= 5
    assert status["bar_count"] >= 12154
    assert status["strategy_count"] >= 4


def test_the_catalogue_holds_the_sample_data(cli):
    series = {(each["instrument_id"], each["timeframe"]) for each in cli("data", "catalog").data}
    assert {("AAPL.XNAS", "1d"), ("IBM.XNYS", "1d"), ("FB.XNAS", "1d")} <= series


def test_the_backtest_of_the_house_runs_and_is_repeatable(installed):
    first, second = installed(*SMA_CROSS), installed(*SMA_CROSS)

    assert first.code == second.code == 0
    assert first.data["state"] == "STATE_SUCCEEDED"
    assert first.data["progress"]["bar_count"] == "3269", "--end is not part of the range"
    assert int(first.data["statistics"]["order_count"]) > 50
    assert first.data["result_hash"] == second.data["result_hash"]
    assert first.data["backtest_id"] != second.data["backtest_id"]


def test_a_table_says_the_figures_in_words(cli):
    table = cli(*SMA_CROSS[:-1], "table").out
    for words in ("Equity at the end", "Deepest drawdown", "Round trips"):
        assert words in table


def test_orders_fills_and_equity_of_a_backtest(cli):
    backtest = cli(*SMA_CROSS).data
    shown = {
        what: cli("backtest", "show", backtest["backtest_id"], f"--{what}").data
        for what in ("orders", "fills", "equity")
    }

    assert len(shown["orders"]) == int(backtest["statistics"]["order_count"])
    assert len(shown["fills"]) == int(backtest["statistics"]["fill_count"])
    assert len(shown["equity"]) == 3269
    assert shown["equity"][-1]["equity"] == backtest["statistics"]["final_equity"]
    assert backtest["backtest_id"] in cli("backtest", "list", "-o", "name").out


def test_a_file_of_ones_own_is_backtested(installed, own_file):
    result = installed("backtest", "run", f"{own_file}:Mine", "--instrument", "IBM")

    assert result.code == 0
    assert result.data["strategy_id"] == "mine"
    assert result.data["statistics"]["order_count"] == "1"
    assert "mine" in installed("strategy", "list", "-o", "name").out.split()


def test_a_strategy_that_raises_is_exit_11_with_its_line(cli, own_file):
    result = cli("backtest", "run", str(own_file), "-i", "IBM", "--param", "fail_at=3")

    assert result.code == 11
    assert result.data["state"] == "STATE_FAILED"
    assert "the author made a mistake" in result.err
    assert "[STRATEGY_RAISED]" in result.err
    assert "17" in result.err, "the line of the author's file"
    assert result.hint.startswith("try: ")


def test_a_file_that_does_not_import_is_exit_4_and_13(cli, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("import no_such_module\n")

    result = cli("backtest", "run", str(broken), "--instrument", "IBM")
    checked = cli("strategy", "validate", str(broken))

    assert (result.code, checked.code) == (4, 13)
    assert "[STRATEGY_DOES_NOT_IMPORT]" in result.err
    assert "no_such_module" in result.err


@pytest.mark.parametrize(
    ("change", "code", "reason", "words"),
    [
        (("backtest", "run", "sma-cros", "-i", "AAPL"), 3, "STRATEGY_NOT_FOUND", "sma-cross"),
        (("backtest", "run", "sma-cross", "-i", "APPL"), 3, "INSTRUMENT_NOT_FOUND", "AAPL"),
        ((*SMA_CROSS, "--param", "quick=1"), 4, "UNKNOWN_PARAMETER", "quick"),
        ((*SMA_CROSS, "--param", "fast=ten"), 4, "INVALID_PARAMETER", "fast"),
        ((*SMA_CROSS, "--end", "1999-01-01"), 4, "END_BEFORE_START", ""),
        ((*SMA_CROSS, "--timeframe", "7s"), 4, "UNKNOWN_TIMEFRAME", ""),
        (("backtest", "show", "bt_aaaaaaaaaaaaaaaaaaaa"), 3, "BACKTEST_NOT_FOUND", ""),
        (("run", "show", "run_aaaaaaaaaaaaaaaaaaaa"), 3, "RUN_NOT_FOUND", ""),
        (("account", "show", "acc_aaaaaaaaaaaaaaaaaaaa"), 3, "ACCOUNT_NOT_FOUND", ""),
    ],
)
def test_what_is_wrong_is_named_and_one_line_says_what_to_try(cli, change, code, reason, words):
    result = cli(*change)

    assert result.code == code, result.err
    assert f"[{reason}]" in result.err
    assert words in result.err
    assert result.hint.startswith("try: ")


def test_a_bad_token_is_exit_5(installed, tmp_path):
    file = tmp_path / "token"
    file.write_text("not.a.token")

    result = installed("status", "--token-file", str(file))

    assert result.code == 5
    assert "[TOKEN_INVALID]" in result.err


def test_an_order_is_placed_listed_and_canceled(installed, account):
    of_account = ("--account", account)
    placed = installed("order", "submit", "AAPL", "buy", "10", "--limit", "1.00", *of_account)
    order_id = placed.data["order_id"]

    assert placed.code == 0
    assert placed.data["state"] == "STATE_CREATED"
    assert order_id in installed("order", "list", *of_account, "-o", "name").out

    canceled = installed("order", "cancel", order_id, *of_account)
    assert canceled.data["state"] in {"STATE_CANCELED", "STATE_PENDING_CANCEL"}


def test_the_same_request_id_places_one_order(cli, account):
    command = ("order", "submit", "AAPL", "buy", "10", "--account", account)
    again = ("--request-id", "11111111-2222-4333-8444-555555555555")

    first, second = cli(*command, *again), cli(*command, *again)

    assert first.data["order_id"] == second.data["order_id"]
    assert len(cli("order", "list", "--account", account).data) == 1


@pytest.mark.parametrize(
    ("terms", "code", "reason"),
    [
        (("AAPL", "buy", "1000000"), 7, "INSUFFICIENT_BUYING_POWER"),
        (("AAPL", "buy", "10", "--limit", "1.005"), 4, "OFF_TICK"),
        (("AAPL", "buy", "1.5"), 4, "TOO_MANY_DECIMALS"),
        (("AAPL", "buy", "ten"), 4, "NOT_A_DECIMAL"),
        (("AAPL", "buy", "0"), 4, "NOT_POSITIVE"),
        (("XXXX", "buy", "1"), 3, "INSTRUMENT_NOT_FOUND"),
    ],
)
def test_orders_that_cannot_be_are_refused(cli, account, terms, code, reason):
    result = cli("order", "submit", *terms, "--account", account)
    assert result.code == code, result.err
    assert f"[{reason}]" in result.err


def test_a_paper_run_goes_to_its_end_with_the_orders_of_the_backtest(cli):
    window = ("--start", "2012-01-01", "--end", "2013-01-01", "--param", "fast=5")
    run = cli("run", "start", "sma-cross", "--paper", "-i", "AAPL", *window, "--follow")

    assert run.code == 0, run.err
    assert run.data["state"] == "STATE_FINISHED"

    account = run.data["account_id"]
    on_paper = cli("order", "list", "--account", account, "--limit", "0").data
    backtest = cli("backtest", "run", "sma-cross", "-i", "AAPL", *window).data
    tested = cli("backtest", "show", backtest["backtest_id"], "--orders").data
    terms = ("number", "side", "quantity", "order_type", "state", "average_fill_price")
    assert [[each[t] for t in terms] for each in sorted(on_paper, key=_number)] == [
        [each[t] for t in terms] for each in tested
    ]
    assert len(tested) > 5


def _number(order: dict[str, Any]) -> int:
    return int(order["number"])


def test_a_run_is_stopped(cli):
    started = cli(
        *("run", "start", "buy-and-hold", "--paper", "-i", "AAPL", "--bars-per-second", "1")
    ).data

    stopped = cli("run", "stop", started["run_id"], "--yes")
    ended = cli("run", "watch", started["run_id"])

    assert stopped.code == 0
    assert ended.data["state"] == "STATE_STOPPED"
    assert started["run_id"] not in cli("run", "list", "--active", "-o", "name").out


def test_bars_are_imported_and_can_be_backtested(cli, tmp_path, own_file):
    rows = [f"2024-01-{day:02},10.0,10.5,9.5,10.{day:02},1000" for day in range(2, 13)]
    file = tmp_path / "bars.csv"
    file.write_text("\n".join(["date,open,high,low,close,volume", *rows]) + "\n")

    result = cli("data", "import", str(file), "-i", "CLI.XNAS", "-t", "1d")

    assert result.code == 0, result.err
    assert result.data["bar_count"] == str(len(rows))
    tested = cli("backtest", "run", str(own_file), "-i", "CLI.XNAS")
    assert tested.data["progress"]["bar_count"] == str(len(rows))


def test_a_file_with_wrong_rows_is_refused_with_their_lines(cli, tmp_path):
    file = tmp_path / "bars.csv"
    file.write_text(
        "time,open,high,low,close,volume\n"
        "2024-01-02T15:00:00Z,10,9,11,10,1\n"
        "2024-01-02 15:01,10,11,9,10,1\n"
        "2024-01-02T15:02:00Z,ten,11,9,10,1\n"
    )

    result = cli("data", "import", str(file), "-i", "BAD.XNAS", "-t", "1m", "-o", "table")

    assert result.code == 11
    assert "[REFUSED_ROWS]" in result.err
    for line, reason in [
        ("2", "HIGH_BELOW_LOW"),
        ("3", "TIME_WITHOUT_ZONE"),
        ("4", "NOT_A_NUMBER"),
    ]:
        assert any(row.split()[0] == line and reason in row for row in result.out.splitlines())
    assert "BAD.XNAS" not in cli("data", "catalog", "-o", "name").out


def test_any_call_can_be_made(cli):
    request = json.dumps({"instrument_id": "AAPL", "timeframe": "1d", "batch_size": 1000})
    streamed = cli("api", "call", "MarketDataService/StreamBars", "-d", request)

    batches = [json.loads(line) for line in streamed.out.splitlines()]
    assert sum(len(batch["bars"]) for batch in batches) == 3270
    assert all(batch["cursor"] for batch in batches)


def test_the_demo_is_made_once(cli, platform):
    shown = cli("demo").data
    assert shown["backtest"]["backtest_id"] == platform.demo_backtest
    assert shown["run"]["run_id"] == platform.demo_run


def test_a_second_platform_in_the_same_folder_is_refused(installed, platform):
    result = installed("up", "--headless", TRADEMESH_DATA_DIR=str(platform.data_dir))
    assert result.code == 7
    assert "[DATA_DIR_IN_USE]" in result.err
    assert result.hint.startswith("try: ")


def test_a_port_in_use_is_named(installed, platform, tmp_path):
    port = platform.grpc.rpartition(":")[2]
    result = installed("up", "--headless", "--port", port, "--data-dir", str(tmp_path / "other"))
    assert result.code != 0
    assert "[PORT_IN_USE]" in result.err
    assert port in result.err
