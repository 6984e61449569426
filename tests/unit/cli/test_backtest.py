import json
import os
import pty
import signal
import subprocess
import sys

import grpc
import pytest

CREATE = "backtests.BacktestService/CreateBacktest"
WATCH = "backtests.BacktestService/WatchBacktest"
PUSH = "strategies.StrategyService/PushStrategy"

RUN = ("backtest", "run", "sma-cross", "--instrument", "AAPL")


@pytest.fixture
def done(house, backtest):
    """A platform on which every backtest succeeds at once."""
    running = backtest | {"state": "STATE_RUNNING"}
    house.answers(CREATE, {"backtest": running})
    house.answers(WATCH, [{"backtest": running}, {"backtest": backtest}])
    return house


def failed(backtest, reason, message):
    return backtest | {
        "state": "STATE_FAILED",
        "error_reason": reason,
        "error_message": message,
    }


def test_the_options_become_the_request(done, cli):
    result = cli(
        *RUN,
        *("--start", "2000-03-01", "--end", "2013-03-01", "--timeframe", "1d"),
        *("--param", "fast=10", "--param", "slow=30", "--cash", "100000", "-o", "json"),
    )

    request = done.requests(CREATE)[0]
    assert request.pop("request_id")
    assert request == {
        "backtest": {
            "strategy_id": "sma-cross",
            "instrument_id": "AAPL",
            "timeframe": "1d",
            "start_time": "2000-03-01T00:00:00Z",
            "end_time": "2013-03-01T00:00:00Z",
            "parameters": {"fast": "10", "slow": "30"},
            "cash": "100000",
        }
    }
    assert result.code == 0
    assert json.loads(result.out)["statistics"]["final_equity"] == "128400.25"


def test_a_time_with_a_zone_is_taken_to_utc(done, cli):
    cli(*RUN, "--start", "2000-03-01T09:30:00-05:00")
    assert done.requests(CREATE)[0]["backtest"]["start_time"] == "2000-03-01T14:30:00Z"


def test_detach_prints_the_id_and_does_not_wait(done, cli):
    assert cli(*RUN, "--no-follow").out == "bt_1\n"
    assert json.loads(cli(*RUN, "--detach", "-o", "json").out)["backtest_id"] == "bt_1"
    assert done.requests(WATCH) == []


def test_dry_run_only_asks(done, cli):
    assert cli(*RUN, "--dry-run").code == 0
    assert done.requests(CREATE)[0]["validate_only"] is True
    assert done.requests(WATCH) == []


def test_a_file_is_pushed_first_and_its_version_is_run(done, cli, tmp_path):
    file = tmp_path / "my_cross.py"
    file.write_text("class MyCross: ...\n")
    done.answers(
        PUSH, {"strategy_version": {"strategy_id": "my-cross", "version_id": "sha256:abc"}}
    )

    result = cli("backtest", "run", f"{file}:MyCross", "--instrument", "AAPL")

    pushed = done.requests(PUSH)[0]
    assert pushed["strategy_id"] == "my-cross"
    assert pushed["class_name"] == "MyCross"
    assert pushed["source"] == "class MyCross: ...\n"
    backtest = done.requests(CREATE)[0]["backtest"]
    assert (backtest["strategy_id"], backtest["version_id"]) == ("my-cross", "sha256:abc")
    assert result.code == 0


def test_a_name_of_the_house_gets_a_my_before_it(done, cli, refusal, tmp_path):
    file = tmp_path / "sma_cross.py"
    file.write_text("class SmaCross: ...\n")
    done.answers(
        PUSH,
        refusal(grpc.StatusCode.FAILED_PRECONDITION, "STRATEGY_BUILT_IN"),
        {"strategy_version": {"strategy_id": "my-sma-cross", "version_id": "sha256:abc"}},
    )

    result = cli("backtest", "run", str(file), "--instrument", "AAPL")

    first, second = done.requests(PUSH)
    assert (first["strategy_id"], second["strategy_id"]) == ("sma-cross", "my-sma-cross")
    assert first["request_id"] != second["request_id"]
    assert "yours is called my-sma-cross" in result.err


def test_a_name_that_was_asked_for_is_not_changed(done, cli, refusal, tmp_path):
    file = tmp_path / "sma_cross.py"
    file.write_text("class SmaCross: ...\n")
    done.answers(PUSH, refusal(grpc.StatusCode.FAILED_PRECONDITION, "STRATEGY_BUILT_IN"))

    command = ("backtest", "run", str(file), "--instrument", "AAPL", "--name", "sma-cross")
    result = cli(*command)

    assert result.code == 7
    assert len(done.requests(PUSH)) == 1
    assert "--name" in result.hint


def test_a_file_that_does_not_import_names_the_line(done, cli, refusal, tmp_path):
    file = tmp_path / "broken.py"
    file.write_text("class Broken(:\n")
    done.answers(
        PUSH,
        refusal(
            grpc.StatusCode.INVALID_ARGUMENT,
            "STRATEGY_DOES_NOT_IMPORT",
            "line 1: invalid syntax",
            facts=(("line", "1"),),
        ),
    )

    result = cli("backtest", "run", str(file), "--instrument", "AAPL")

    assert result.code == 4
    assert "error: line 1: invalid syntax [STRATEGY_DOES_NOT_IMPORT]" in result.err
    assert done.requests(CREATE) == []


def test_a_file_that_is_not_there_is_exit_3(done, cli, tmp_path):
    result = cli("backtest", "run", str(tmp_path / "none.py"), "--instrument", "AAPL")
    assert result.code == 3
    assert "No such file" in result.err
    assert done.calls == []


def test_an_unknown_strategy_suggests_the_nearest(house, cli, refusal):
    house.answers(CREATE, refusal(grpc.StatusCode.NOT_FOUND, "STRATEGY_NOT_FOUND", "no sma-cros"))
    house.answers(
        "strategies.StrategyService/ListStrategies",
        {"strategies": [{"strategy_id": "buy-and-hold"}, {"strategy_id": "sma-cross"}]},
    )

    result = cli("backtest", "run", "sma-cros", "--instrument", "AAPL")

    assert result.code == 3
    assert result.hint == "try: sma-cross; did you mean that? else trademesh strategy list"


def test_an_unknown_instrument_suggests_the_nearest(house, cli, refusal):
    house.answers(CREATE, refusal(grpc.StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND", "no APPL"))
    house.answers(
        "market_data.MarketDataService/ListInstruments",
        {"instruments": [{"instrument_id": "AAPL.XNAS", "symbol": "AAPL"}]},
    )

    assert cli("backtest", "run", "x", "--instrument", "APPL").hint.startswith("try: AAPL;")


def test_a_failed_backtest_is_exit_11_with_the_authors_line(done, cli, backtest):
    message = "ZeroDivisionError: division by zero\nline 12 of on_bar: 1 / 0"
    done.answers(WATCH, [{"backtest": failed(backtest, "STRATEGY_RAISED", message)}])

    result = cli(*RUN, "-o", "json")

    assert result.code == 11
    assert json.loads(result.out)["state"] == "STATE_FAILED"
    assert result.err.splitlines() == [
        "error: ZeroDivisionError: division by zero [STRATEGY_RAISED]",
        "  line 12 of on_bar: 1 / 0",
        "try: mend that line of sma-cross, then the same again",
    ]


def test_a_canceled_backtest_is_exit_11(done, cli, backtest):
    done.answers(WATCH, [{"backtest": backtest | {"state": "STATE_CANCELED"}}])

    result = cli(*RUN)

    assert result.code == 11
    assert "it is canceled" in result.err


def test_show_prints_what_is_behind_the_figures(house, cli, order):
    point = {"time": "2000-03-01T21:00:00Z", "equity": "100000"}
    house.answers(
        "backtests.BacktestService/ListBacktestEquity",
        {"equity": [point], "next_page_token": "p2"},
        {"equity": [point | {"time": "2000-03-02T21:00:00Z"}]},
    )
    house.answers("backtests.BacktestService/ListBacktestOrders", {"orders": [order]})
    house.answers("backtests.BacktestService/ListBacktestFills", {"fills": []})

    assert cli("backtest", "show", "bt_1", "--equity", "-o", "csv").out.splitlines() == [
        "time,equity",
        "2000-03-01T21:00:00Z,100000",
        "2000-03-02T21:00:00Z,100000",
    ]
    assert cli("backtest", "show", "bt_1", "--orders", "-o", "name").out == "o1\n"
    assert cli("backtest", "show", "bt_1", "--fills").out == "[]\n"


def test_a_list_says_when_there_is_more(house, cli, backtest):
    house.answers(
        "backtests.BacktestService/ListBacktests",
        {"backtests": [backtest], "next_page_token": "p2"},
    )

    result = cli("backtest", "list", "--limit", "1", "-o", "name")

    assert result.out == "bt_1\n"
    assert "--limit 0 shows all" in result.err


def start(house, *arguments: str, stderr: int) -> subprocess.Popen[str]:
    code = "from apps.cli.main import main; main()"
    environment = os.environ | {"TRADEMESH_ADDRESS": house.address, "TERM": "xterm-256color"}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env=environment,
    )


def test_ctrl_c_on_a_followed_backtest_detaches(house, backtest):
    house.answers(CREATE, {"backtest": backtest})
    house.answers(WATCH, [{"backtest": backtest | {"state": "STATE_RUNNING"}}, "hang"])

    with start(house, *RUN, stderr=subprocess.PIPE) as process:
        assert house.hangs.wait(20)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert out == ""
    assert err.splitlines() == [
        "detached; the job goes on",
        "try: trademesh backtest watch bt_1",
    ]
    assert house.requests("backtests.BacktestService/WatchBacktest")
    assert not [call for call in house.calls if "Cancel" in call.name]


def test_a_terminal_sees_a_progress_bar_on_stderr(house, backtest):
    half = {"bar_count": "1635", "total_bar_count": "3270", "equity": "101234.5"}
    progress = half | {"market_time": "2006-08-29T20:00:00Z"}
    running = backtest | {"state": "STATE_RUNNING", "progress": progress}
    house.answers(CREATE, {"backtest": running})
    house.answers(WATCH, [{"backtest": running}, {"backtest": running}, {"backtest": backtest}])
    main_end, terminal = pty.openpty()

    with start(house, *RUN, stderr=terminal) as process:
        os.close(terminal)
        shown = read_all(main_end)
        out = process.communicate(timeout=20)[0]

    assert process.returncode == 0
    assert json.loads(out)["backtest_id"] == "bt_1"
    assert "100%" in shown
    assert "128,400.25" in shown
    assert "bars/s" in shown


def read_all(terminal: int) -> str:
    chunks = []
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(terminal)
    return b"".join(chunks).decode()


def test_a_platform_that_goes_away_leaves_the_command_to_follow_again(
    done, cli, backtest, refusal, monkeypatch
):
    monkeypatch.setattr("apps.cli.client.FIRST_PAUSE", 0.0)
    draining = refusal(grpc.StatusCode.UNAVAILABLE, "SERVER_DRAINING", "leaving")
    done.answers(WATCH, [{"backtest": backtest, "cursor": "c1"}, draining], [draining])

    result = cli(*RUN)

    assert result.code == 10
    assert result.hint == "try: trademesh backtest watch bt_1, once the platform is back"
