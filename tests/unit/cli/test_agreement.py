"""What destroys something says so, and asks."""

import grpc
import pytest

from tests.unit.cli.filled import filled, page

ACCOUNTS = "orders.AccountService"
CANCEL_ALL = "orders.OrderService/CancelAllOrders"
CLOSE = f"{ACCOUNTS}/ClosePosition"
STOP = "strategies.RunService/StopRun"
FLATTEN = "strategies.RunService/FlattenRun"
ARCHIVE = "strategies.StrategyService/ArchiveStrategy"

ORDER = filled("orders.Order", side="SIDE_SELL", quantity="120", instrument_id="AAPL.XNAS")


@pytest.fixture
def desk(house):
    """One account that holds 120 Apple and has two orders."""
    house.answers(f"{ACCOUNTS}/ListAccounts", page("accounts", "orders.Account"))
    house.answers(
        f"{ACCOUNTS}/ListPositions", page("positions", "orders.Position", last_price="195.08")
    )
    house.answers(CANCEL_ALL, {"orders": [ORDER, ORDER]})
    house.answers(CLOSE, {"order": ORDER, "canceled_orders": [ORDER, ORDER]})
    return house


@pytest.fixture
def terminal(monkeypatch):
    """Somebody sits there and types this."""

    def terminal(typed):
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("sys.stdin.readline", lambda: typed, raising=False)

    return terminal


def kept(requests):
    return [each for each in requests if not each.get("validate_only")]


@pytest.mark.parametrize("typed", ["y\n", "Yes\n", " YES \n"])
def test_it_is_done_when_somebody_agrees(desk, cli, terminal, typed):
    terminal(typed)

    result = cli("position", "close", "AAPL")

    assert result.code == 0
    assert result.err == ("This cancels 2 orders, sells 120 AAPL.XNAS ≈ 23,409.60.\nGo on? [y/N] ")
    assert len(kept(desk.requests(CLOSE))) == 1


@pytest.mark.parametrize("typed", ["\n", "n\n", "", "yep\n"])
def test_anything_else_leaves_all_as_it_is(desk, cli, terminal, typed):
    terminal(typed)

    result = cli("position", "close", "AAPL")

    assert result.code == 2
    assert "nothing was done [NOT_CONFIRMED]" in result.err
    assert kept(desk.requests(CLOSE)) == []


def test_ctrl_c_at_the_question_leaves_all_as_it_is(desk, cli, terminal, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    terminal("")
    monkeypatch.setattr("sys.stdin.readline", interrupted)

    assert cli("position", "close", "AAPL").code == 130
    assert kept(desk.requests(CLOSE)) == []


def test_with_no_input_nobody_is_asked_even_at_a_terminal(desk, cli, terminal):
    terminal("y\n")

    result = cli("order", "cancel-all", "--no-input")

    assert result.code == 2
    assert "this cancels 2 orders; nobody can be asked" in result.err
    assert "--yes" in result.hint
    assert kept(desk.requests(CANCEL_ALL)) == []


def test_yes_asks_neither_the_person_nor_the_platform_first(desk, cli):
    result = cli("order", "cancel-all", "--yes", "-o", "name")

    assert result.out == "o1\no1\n"
    assert [each.get("validate_only") for each in desk.requests(CANCEL_ALL)] == [None]


def test_what_would_do_nothing_needs_no_agreement(desk, cli):
    desk.answers(CANCEL_ALL, {"orders": []})

    assert cli("order", "cancel-all").code == 0
    assert len(kept(desk.requests(CANCEL_ALL))) == 1


def test_what_the_platform_would_refuse_is_refused_before_anybody_is_asked(desk, cli, refusal):
    desk.answers(CLOSE, refusal(grpc.StatusCode.FAILED_PRECONDITION, "POSITION_FLAT"))

    result = cli("position", "close", "AAPL")

    assert result.code == 7
    assert "Go on?" not in result.err


def test_the_question_has_another_request_id_than_the_deed(desk, cli, terminal):
    terminal("y\n")
    given = "11111111-2222-4333-8444-555555555555"

    cli("position", "close", "AAPL", "--request-id", given)

    asked, done = desk.requests(CLOSE)
    assert asked["validate_only"] is True
    assert asked["request_id"] != given
    assert done["request_id"] == given


def test_a_price_nobody_knows_is_left_out(desk, cli):
    desk.answers(f"{ACCOUNTS}/ListPositions", {"positions": []})
    assert (
        "this cancels 2 orders, sells 120 AAPL.XNAS; nobody" in cli("position", "close", "AAPL").err
    )


def test_stopping_a_run_says_what_becomes_of_its_orders(desk, cli):
    desk.answers(STOP, {"run": filled("strategies.Run")})
    desk.answers("orders.OrderService/ListOrders", page("orders", "orders.Order"))

    result = cli("run", "stop", "run_1")

    assert "this stops run_1 for good, cancels 1 order, its position stays;" in result.err
    assert kept(desk.requests(STOP)) == []
    asked = desk.requests("orders.OrderService/ListOrders")[0]
    assert (asked["run_id"], asked["open_only"]) == ("run_1", True)


def test_flattening_a_run_says_all_three(desk, cli):
    desk.answers(
        FLATTEN,
        {"run": filled("strategies.Run"), "orders": [ORDER], "canceled_orders": [ORDER]},
    )

    result = cli("run", "flatten", "run_1")

    assert "this pauses run_1, cancels 1 order, sells 120 AAPL.XNAS ≈ 23,409.60;" in result.err


def test_putting_a_strategy_away_says_what_that_means(desk, cli):
    desk.answers(ARCHIVE, {"strategy": filled("strategies.Strategy")})
    result = cli("strategy", "archive", "sma-cross")
    assert "this puts sma-cross away: no new backtests and runs of it;" in result.err


DRY_RUNS = [
    (("order", "submit", "AAPL", "buy", "1"), "orders.OrderService/PlaceOrder", "order"),
    (("order", "replace", "o1", "--limit", "2"), "orders.OrderService/ReplaceOrder", "order"),
    (("order", "cancel", "o1"), "orders.OrderService/CancelOrder", "order"),
    (("order", "reissue", "o1"), "orders.OrderService/ReissueOrder", "order"),
    (("order", "cancel-all"), CANCEL_ALL, "orders"),
    (("position", "close", "AAPL"), CLOSE, "order"),
    (("position", "close-all"), f"{ACCOUNTS}/CloseAllPositions", "orders"),
    (("account", "create", "x"), f"{ACCOUNTS}/CreateAccount", "account"),
    (("strategy", "archive", "x"), ARCHIVE, "strategy"),
    (("backtest", "cancel", "bt_1"), "backtests.BacktestService/CancelBacktest", "backtest"),
    (("run", "pause", "run_1"), "strategies.RunService/PauseRun", "run"),
    (("run", "resume", "run_1"), "strategies.RunService/ResumeRun", "run"),
    (("run", "stop", "run_1"), STOP, "run"),
    (("run", "flatten", "run_1"), FLATTEN, "run"),
    (("run", "params", "set", "run_1", "a=1"), "strategies.RunService/SetRunParameters", "run"),
    (
        ("run", "start", "x", "--paper", "-i", "AAPL", "-a", "acc_1"),
        "strategies.RunService/StartRun",
        "run",
    ),
]


SHAPES = {
    "order": "orders.Order",
    "account": "orders.Account",
    "strategy": "strategies.Strategy",
    "backtest": "backtests.Backtest",
    "run": "strategies.Run",
}


@pytest.mark.parametrize(("command", "method", "key"), DRY_RUNS)
def test_a_dry_run_only_ever_asks(desk, cli, command, method, key):
    desk.answers(method, {key: [ORDER] if key == "orders" else filled(SHAPES[key])})

    result = cli(*command, "--dry-run")

    assert result.code == 0, result.err
    requests = desk.requests(method)
    assert requests
    assert kept(requests) == []
