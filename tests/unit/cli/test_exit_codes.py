import socket
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from apps.cli.exits import MEANING, ExitCode
from apps.cli.hints import hint_for

ROOT = Path(__file__).parents[3]
GET = "backtests.BacktestService/GetBacktest"


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, 4),
        (grpc.StatusCode.OUT_OF_RANGE, 4),
        (grpc.StatusCode.NOT_FOUND, 3),
        (grpc.StatusCode.UNAUTHENTICATED, 5),
        (grpc.StatusCode.PERMISSION_DENIED, 6),
        (grpc.StatusCode.FAILED_PRECONDITION, 7),
        (grpc.StatusCode.ALREADY_EXISTS, 8),
        (grpc.StatusCode.ABORTED, 8),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, 9),
        (grpc.StatusCode.UNAVAILABLE, 10),
        (grpc.StatusCode.INTERNAL, 1),
        (grpc.StatusCode.UNKNOWN, 1),
        (grpc.StatusCode.DATA_LOSS, 1),
    ],
)
def test_each_status_has_its_exit_code_its_reason_and_one_try_line(
    house, cli, refusal, code, exit_code
):
    house.answers(GET, refusal(code, reason="SOME_REASON", message="not like this"))

    result = cli("backtest", "show", "bt_1")

    assert result.code == exit_code
    assert result.out == ""
    assert result.err.startswith("error: not like this [SOME_REASON]\n")
    assert result.hint.startswith("try: ")
    assert result.err.count("try: ") == 1


def test_the_fields_at_fault_are_named(house, cli, refusal):
    violations = (("backtest.parameters.fast", "not an int: ten"), ("backtest.cash", "negative"))
    house.answers(
        GET, refusal(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_PARAMETER", "wrong", violations)
    )

    result = cli("backtest", "show", "bt_1")

    assert result.err.splitlines() == [
        "error: wrong [INVALID_PARAMETER]",
        "  backtest.parameters.fast: not an int: ten",
        "  backtest.cash: negative",
        "try: trademesh strategy show STRATEGY, for its parameters",
    ]


def test_nothing_running_says_how_to_start_it(cli):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"

        result = cli("status", "--address", address)

    assert result.code == 10
    assert result.err.splitlines() == [
        f"error: no platform answers at {address} [UNAVAILABLE]",
        "try: trademesh up",
    ]


def test_an_answer_that_takes_too_long_is_unavailable(house, cli):
    def never(request):
        house._over.wait(10)
        return {}

    house.answers(GET, never)

    result = cli("backtest", "show", "bt_1", "--timeout", "0.2")

    assert result.code == 10
    assert "DEADLINE_EXCEEDED" in result.err
    assert result.hint == "try: the same again, with a longer --timeout"


def test_a_call_the_platform_does_not_know_points_at_the_versions(cli):
    result = cli("backtest", "show", "bt_1")

    assert result.code == 1
    assert "UNIMPLEMENTED" in result.err
    assert "trademesh version" in result.hint


@pytest.mark.parametrize(
    "arguments",
    [
        ("backtes",),
        ("backtest", "rum"),
        ("backtest", "run"),
        ("backtest", "run", "sma-cross"),
        ("backtest", "show", "bt_1", "--nonsense"),
        ("backtest", "show", "bt_1", "-o", "xml"),
        ("order", "submit", "AAPL", "hold", "10"),
        ("order", "submit", "AAPL", "buy", "10", "--tif", "LATER"),
        ("order", "replace", "o1"),
        ("run", "start", "sma-cross", "--instrument", "AAPL"),
        ("backtest", "run", "sma-cross", "--instrument", "AAPL", "--param", "fast"),
        ("backtest", "run", "sma-cross", "--instrument", "AAPL", "--start", "2000-13-01"),
        ("backtest", "run", "sma-cross", "--instrument", "AAPL", "--end", "2000-01-01T00:00:00"),
        ("api", "call", "OrderService/PlaceOrders"),
        ("api", "call", "OrderService/PlaceOrder", "-d", "{"),
        ("api", "call", "OrderService/PlaceOrder", "-d", "[]"),
        ("strategy", "push", "my-cross"),
    ],
)
def test_a_wrong_command_line_is_exit_2_with_one_try_line_and_no_call(house, cli, arguments):
    result = cli(*arguments)

    assert result.code == 2
    assert result.hint.startswith("try: ")
    assert result.err.count("try: ") == 1
    assert house.calls == []


def test_commands_that_were_nearly_right_are_suggested(cli):
    assert cli("backtes").hint == "try: trademesh backtest"
    assert cli("order", "sumbit").hint == "try: trademesh order submit"
    assert cli("order", "list", "--limti", "3").hint == "try: --limit"
    assert cli("api", "call", "OrderService/PlaceOrders").hint == (
        "try: trademesh api call orders.OrderService/PlaceOrder"
    )


def test_every_exit_code_is_in_the_help_and_in_the_docs(cli):
    help_text = cli("--help").out
    docs = (ROOT / "docs" / "cli.md").read_text()
    readme = (ROOT / "README.md").read_text()
    for code in ExitCode:
        assert f"| {code:d} | {MEANING[code]} |" in readme
        assert f"{code:>3}  {MEANING[code]}" in help_text
        assert f"| {code:d} | {MEANING[code]} |" in docs


def test_there_is_always_something_to_try():
    for code in ExitCode:
        assert hint_for("A_REASON_OF_TOMORROW", code)


def test_what_nobody_foresaw_is_exit_1_with_a_trace_and_a_try_line(cli, monkeypatch):
    def break_down(self, *arguments):
        raise RuntimeError("the roof is gone")

    monkeypatch.setattr("apps.cli.session.Session.call", break_down)

    result = cli("status")

    assert result.code == 1
    assert "Traceback" in result.err
    assert "error: unforeseen: the roof is gone" in result.err
    assert result.hint.startswith("try: ")


def test_a_reader_that_leaves_early_is_no_error():
    code = "from apps.cli.main import main; main(['api', 'list', '-o', 'json'])"
    pipeline = f'"{sys.executable}" -c "{code}" | head -c 1'

    done = subprocess.run(["bash", "-c", pipeline], capture_output=True, text=True, check=False)

    assert done.stdout == "["
    assert done.stderr == ""
