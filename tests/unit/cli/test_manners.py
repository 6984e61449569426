"""What all commands have in common: fields, talk, names that are nearly right, negative numbers."""

import csv
import io
import json

import grpc
import pytest

from tests.unit.cli.filled import filled, page

ACCOUNTS = "orders.AccountService/ListAccounts"
ORDERS = "orders.OrderService/ListOrders"
GET = "orders.AccountService/GetAccount"
BACKTESTS = "backtests.BacktestService/ListBacktests"


@pytest.fixture
def desk(house):
    """Two accounts of three orders each."""
    accounts = [filled("orders.Account", account_id=f"acc_{n}") for n in (1, 2)]
    house.answers(ACCOUNTS, {"accounts": accounts})
    house.answers(
        ORDERS,
        lambda request: {
            "orders": [
                filled("orders.Order", order_id=f"{request['account_id']}-{n}") for n in range(3)
            ][: request["page_size"]]
        },
    )
    return house


def test_a_cut_list_says_so_once_for_all_accounts(desk, cli):
    result = cli("order", "list", "--limit", "2", "-o", "name")

    assert result.out == "acc_1-0\nacc_1-1\n"
    assert result.err == "the first 2 are shown; --limit 0 shows all\n"


def test_a_limit_counts_over_all_accounts(desk, cli):
    result = cli("order", "list", "--limit", "4", "-o", "name")

    assert result.out.splitlines() == ["acc_1-0", "acc_1-1", "acc_1-2", "acc_2-0"]
    assert result.err.count("are shown") == 1


@pytest.mark.parametrize("limit", ["0", "6", "50"])
def test_a_list_that_is_whole_says_nothing(desk, cli, limit):
    result = cli("order", "list", "--limit", limit, "-o", "name")

    assert len(result.out.splitlines()) == 6
    assert result.err == ""


def test_fields_leave_only_these_as_nested_as_they_were(house, cli):
    house.answers(BACKTESTS, page("backtests", "backtests.Backtest"))
    fields = ("--fields", "state,statistics.sharpe,parameters.fast")

    assert json.loads(cli("backtest", "list", *fields, "-o", "json").out) == [
        {
            "state": "STATE_QUEUED",
            "statistics": {"sharpe": 1.5},
            "parameters": {"fast": "ten"},
        }
    ]
    lines = cli("backtest", "list", *fields, "-o", "table").out.splitlines()
    assert lines[0].split() == ["state", "sharpe", "parameters.fast"]


def test_fields_keep_their_columns_where_they_are_unset(house, cli):
    house.answers(BACKTESTS, {"backtests": [{"backtest_id": "bt_1"}, {"backtest_id": "bt_2"}]})

    out = cli("backtest", "list", "--fields", "backtest_id,statistics.sharpe", "-o", "csv").out

    assert list(csv.reader(io.StringIO(out))) == [
        ["backtest_id", "statistics.sharpe"],
        ["bt_1", ""],
        ["bt_2", ""],
    ]


def test_a_field_that_no_such_thing_has_is_refused_before_any_call(house, cli):
    result = cli("backtest", "list", "--fields", "stat")

    assert result.code == 2
    assert result.hint == "try: --fields state"
    assert house.calls == []


def test_wide_has_the_columns_of_a_single_thing_too(desk, cli):
    narrow = cli("order", "list", "-o", "table").out.splitlines()[0].split()
    wide = cli("order", "list", "-o", "wide").out.splitlines()[0].split()
    assert set(wide) - set(narrow) == {"account", "run", "created", "changed"}


def test_verbose_says_each_call_on_stderr(house, cli):
    house.answers(BACKTESTS, {})

    result = cli("backtest", "list", "-v")

    assert json.loads(result.out) == []
    assert result.err.startswith(f"{BACKTESTS}  ")
    assert result.err.endswith(" ms\n")


@pytest.mark.parametrize("number", ["-5", "-0.5", "-.5", "-1e3"])
def test_a_negative_quantity_is_for_the_platform_to_refuse(desk, cli, refusal, number):
    place = "orders.OrderService/PlaceOrder"
    desk.answers(place, refusal(grpc.StatusCode.INVALID_ARGUMENT, "NOT_POSITIVE", "above zero"))

    result = cli("order", "submit", "AAPL", "buy", number, "--account", "acc_1", "-o", "json")

    assert result.code == 4
    assert "[NOT_POSITIVE]" in result.err
    assert desk.requests(place)[0]["order"]["quantity"] == number


def test_a_misspelt_option_beside_a_negative_number_is_still_refused(desk, cli):
    result = cli("order", "submit", "AAPL", "buy", "-5", "--acount", "acc_1")
    assert result.code == 2
    assert "--acount" in result.err
    assert desk.calls == []


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (("order", "list", "-o", "jsno"), "json"),
        (("order", "submit", "AAPL", "bui", "1"), "buy"),
        (("order", "submit", "AAPL", "buy", "1", "--tif", "gct"), "gtc"),
        (("data", "watch", "quote", "AAPL"), "quotes"),
        (("data", "export", "f.csv", "-i", "AAPL", "-t", "1d", "--format", "parket"), "parquet"),
        (("strategy", "new", "x.py", "--template", "breakot"), "breakout"),
        (("backtest", "export", "bt_1", "equty", "f.csv"), "equity"),
    ],
)
def test_the_nearest_value_of_an_option_is_suggested(house, cli, arguments, near):
    result = cli(*arguments)

    assert result.code == 2
    assert result.hint == f"try: {near}"
    assert "Value error" not in result.err
    assert house.calls == []


def test_a_timeframe_that_is_nearly_right_is_suggested(house, cli, refusal):
    create = "backtests.BacktestService/CreateBacktest"
    house.answers(create, refusal(grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_TIMEFRAME"))

    result = cli("backtest", "run", "sma-cross", "-i", "AAPL", "-t", "1day")

    assert result.code == 4
    assert result.hint.startswith("try: 1d; did you mean that?")


def test_a_refusal_stays_as_it_is_when_the_names_cannot_be_listed(house, cli, refusal):
    house.answers(GET, refusal(grpc.StatusCode.NOT_FOUND, "ACCOUNT_NOT_FOUND"))
    house.answers(ACCOUNTS, refusal(grpc.StatusCode.PERMISSION_DENIED, "MISSING_SCOPE"))

    result = cli("account", "show", "acc_9")

    assert result.code == 3
    assert result.hint == "try: trademesh account list"


def test_an_account_goes_by_its_name(desk, cli):
    desk.answers(
        ACCOUNTS,
        {
            "accounts": [
                filled("orders.Account", account_id="acc_1", display_name="demo"),
                filled("orders.Account", account_id="acc_2", display_name="practice"),
            ]
        },
    )

    assert cli("order", "list", "--account", "practice", "-n", "1").code == 0
    assert [each["account_id"] for each in desk.requests(ORDERS)] == ["acc_2"]


def test_a_name_that_two_accounts_have_means_neither(desk, cli):
    result = cli("order", "list", "--account", "practice")

    assert result.code == 2
    assert "2 accounts are called practice" in result.err
    assert result.hint == "try: --account acc_1"


@pytest.mark.parametrize("arguments", [("account",), ("account", "-o", "name")])
def test_account_alone_shows_the_one_there_is(house, cli, arguments):
    house.answers(ACCOUNTS, page("accounts", "orders.Account"))
    house.answers(GET, {"account": filled("orders.Account")})

    assert cli(*arguments).code == 0
    assert house.requests(GET) == [{"account_id": "acc_1"}]


def test_help_of_account_lists_its_verbs(cli):
    assert "ledger" in cli("account", "--help").out
