"""Runs, orders, positions and accounts from the command line."""

import json

import grpc
import pytest

ACCOUNTS = "orders.AccountService/ListAccounts"
CREATE_ACCOUNT = "orders.AccountService/CreateAccount"
PLACE = "orders.OrderService/PlaceOrder"
START = "strategies.RunService/StartRun"
WATCH = "strategies.RunService/WatchRun"
CHECK = "backtests.BacktestService/CreateBacktest"

ACCOUNT = {"account_id": "acc_1", "display_name": "demo", "capital": "100000"}
RUN = {
    "run_id": "run_1",
    "strategy_id": "sma-cross",
    "account_id": "acc_1",
    "instrument_id": "AAPL.XNAS",
    "timeframe": "1d",
    "state": "STATE_RUNNING",
}

SUBMIT = ("order", "submit", "AAPL", "buy", "10")
START_RUN = ("run", "start", "sma-cross", "--paper", "--instrument", "AAPL")


@pytest.fixture
def desk(house, order):
    """A platform with one account that takes every order."""
    house.answers(ACCOUNTS, {"accounts": [ACCOUNT]})
    house.answers(PLACE, {"order": order})
    return house


@pytest.mark.parametrize(
    ("prices", "order_type"),
    [
        ((), "ORDER_TYPE_MARKET"),
        (("--limit", "64.50"), "ORDER_TYPE_LIMIT"),
        (("--stop", "63.00"), "ORDER_TYPE_STOP"),
        (("--stop", "63.00", "--limit", "62.50"), "ORDER_TYPE_STOP_LIMIT"),
    ],
)
def test_the_prices_decide_the_type_of_an_order(desk, cli, prices, order_type):
    result = cli(*SUBMIT, *prices, "--tif", "gtc")

    request = desk.requests(PLACE)[0]
    assert result.code == 0
    assert request["account_id"] == "acc_1"
    given = dict(zip(prices[::2], prices[1::2], strict=True))
    expected = {
        "instrument_id": "AAPL",
        "side": "SIDE_BUY",
        "quantity": "10",
        "order_type": order_type,
        "time_in_force": "TIME_IN_FORCE_GTC",
    }
    if "--limit" in given:
        expected["limit_price"] = given["--limit"]
    if "--stop" in given:
        expected["stop_price"] = given["--stop"]
    assert request["order"] == expected


def test_a_given_account_is_not_looked_up(desk, cli):
    cli(*SUBMIT, "--account", "acc_9")
    assert desk.requests(ACCOUNTS) == []
    assert desk.requests(PLACE)[0]["account_id"] == "acc_9"


def test_without_any_account_the_hint_creates_one(desk, cli):
    desk.answers(ACCOUNTS, {})

    result = cli(*SUBMIT)

    assert result.code == 7
    assert result.hint == "try: trademesh account create NAME --cash 100000"
    assert desk.requests(PLACE) == []


def test_with_several_accounts_one_must_be_named(desk, cli):
    desk.answers(ACCOUNTS, {"accounts": [ACCOUNT, ACCOUNT | {"account_id": "acc_2"}]})

    result = cli(*SUBMIT)

    assert result.code == 2
    assert "acc_2  demo" in result.err
    assert result.hint == "try: --account acc_1"
    assert desk.requests(PLACE) == []


def test_what_risk_refuses_is_exit_7(desk, cli, refusal):
    desk.answers(
        PLACE,
        refusal(
            grpc.StatusCode.FAILED_PRECONDITION,
            "INSUFFICIENT_BUYING_POWER",
            "needs 1000000, has 100000",
        ),
    )

    result = cli(*SUBMIT)

    assert result.code == 7
    assert "error: needs 1000000, has 100000 [INSUFFICIENT_BUYING_POWER]" in result.err
    assert result.hint == "try: trademesh account list, for the buying power"


def test_cancel_and_replace_name_the_order(desk, cli, order):
    desk.answers("orders.OrderService/CancelOrder", {"order": order})
    desk.answers("orders.OrderService/ReplaceOrder", {"order": order})

    assert cli("order", "cancel", "o1").code == 0
    assert cli("order", "replace", "o1", "--limit", "64.75").code == 0

    canceled = desk.requests("orders.OrderService/CancelOrder")[0]
    replaced = desk.requests("orders.OrderService/ReplaceOrder")[0]
    assert (canceled["account_id"], canceled["order_id"]) == ("acc_1", "o1")
    assert replaced["limit_price"] == "64.75"
    assert "quantity" not in replaced, "what is not given stays"


def test_lists_go_over_all_accounts(house, cli, order):
    house.answers(ACCOUNTS, {"accounts": [ACCOUNT, ACCOUNT | {"account_id": "acc_2"}]})
    house.answers("orders.OrderService/ListOrders", {"orders": [order]})
    position = {"instrument_id": "AAPL.XNAS", "quantity": "10"}
    house.answers("orders.AccountService/ListPositions", {"positions": [position]})

    assert cli("order", "list", "--open", "-o", "name").out == "o1\no1\n"
    assert len(json.loads(cli("position", "list").out)) == 2

    asked = house.requests("orders.OrderService/ListOrders")
    assert [each["account_id"] for each in asked] == ["acc_1", "acc_2"]
    assert all(each["open_only"] for each in asked)


def test_account_create_opens_a_paper_account(house, cli):
    house.answers(CREATE_ACCOUNT, {"account": ACCOUNT})

    assert cli("account", "create", "demo", "--cash", "5000", "-o", "name").out == "acc_1\n"

    account = house.requests(CREATE_ACCOUNT)[0]["account"]
    assert account == {"display_name": "demo", "broker": "paper", "capital": "5000"}


@pytest.fixture
def stage(house):
    """A platform that starts every run."""
    house.answers(CHECK, {"backtest": {}})
    house.answers(CREATE_ACCOUNT, {"account": ACCOUNT})
    house.answers(START, {"run": RUN})
    house.answers(WATCH, [{"run": RUN}, {"run": RUN | {"state": "STATE_FINISHED"}}])
    return house


def test_a_run_without_account_gets_a_paper_account(stage, cli):
    result = cli(
        *START_RUN,
        *("--cash", "50000", "--start", "2012-01-03", "--param", "fast=5"),
        *("--bars-per-second", "20"),
    )

    run = stage.requests(START)[0]["run"]
    assert run == {
        "strategy_id": "sma-cross",
        "account_id": "acc_1",
        "instrument_id": "AAPL",
        "timeframe": "1d",
        "parameters": {"fast": "5"},
        "replay": {"start_time": "2012-01-03T00:00:00Z", "bars_per_second": 20.0},
    }
    assert stage.requests(CREATE_ACCOUNT)[0]["account"]["capital"] == "50000"
    assert json.loads(result.out)["run_id"] == "run_1"
    assert "acc_1 opened" in result.err


def test_a_run_in_a_given_account_opens_none(stage, cli):
    assert cli(*START_RUN, "--account", "acc_7").code == 0
    assert stage.requests(CREATE_ACCOUNT) == []
    assert stage.requests(START)[0]["run"]["account_id"] == "acc_7"


def test_no_account_is_opened_for_an_unknown_strategy(stage, cli, refusal):
    stage.answers(
        CHECK,
        refusal(grpc.StatusCode.NOT_FOUND, "STRATEGY_NOT_FOUND"),
    )
    stage.answers("strategies.StrategyService/ListStrategies", {})

    assert cli(*START_RUN).code == 3
    assert stage.requests(CREATE_ACCOUNT) == []


def test_cash_and_account_exclude_each_other(stage, cli):
    assert cli(*START_RUN, "--account", "acc_7", "--cash", "1").code == 2
    assert stage.calls == []


def test_a_followed_run_is_shown_when_it_ended(stage, cli):
    result = cli(*START_RUN, "--follow", "--quiet")
    assert json.loads(result.out)["state"] == "STATE_FINISHED"
    assert result.err == ""


def test_a_followed_run_that_fails_is_exit_11(stage, cli):
    failed = RUN | {
        "state": "STATE_FAILED",
        "error_reason": "STRATEGY_PROCESS_ENDED",
        "error_message": "the process ended",
    }
    stage.answers(WATCH, [{"run": failed}])

    result = cli("run", "watch", "run_1")

    assert result.code == 11
    assert "the process ended [STRATEGY_PROCESS_ENDED]" in result.err
    assert result.hint == "try: trademesh run show run_1"


def test_runs_are_listed_and_stopped(house, cli):
    house.answers("strategies.RunService/ListRuns", {"runs": [RUN]})
    house.answers("strategies.RunService/StopRun", {"run": RUN | {"state": "STATE_STOPPING"}})

    assert cli("run", "list", "--active", "-o", "name").out == "run_1\n"
    assert json.loads(cli("run", "stop", "run_1", "--yes").out)["state"] == "STATE_STOPPING"
    assert house.requests("strategies.RunService/ListRuns")[0]["active_only"] is True
