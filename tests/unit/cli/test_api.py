"""Any call of the API, and the platform as a whole."""

import io
import json

import pytest

from apps.cli.methods import all_methods

STREAM = "market_data.MarketDataService/StreamBars"
ACCOUNTS = "orders.AccountService/ListAccounts"


def test_a_call_prints_its_answer_as_proto_json(house, cli):
    house.answers(ACCOUNTS, {"accounts": [{"account_id": "acc_1"}]})

    result = cli("api", "call", "AccountService/ListAccounts", "-d", '{"page_size": 5}')

    answer = json.loads(result.out)
    assert answer["accounts"][0]["account_id"] == "acc_1"
    assert answer["next_page_token"] == ""
    assert house.requests(ACCOUNTS) == [{"page_size": 5}]


def test_a_stream_prints_a_line_a_message(house, cli):
    house.answers(STREAM, [{"cursor": "c1"}, {"cursor": "c2"}])

    result = cli("api", "call", STREAM, "-d", '{"instrument_id": "AAPL", "timeframe": "1d"}')

    assert [json.loads(line)["cursor"] for line in result.out.splitlines()] == ["c1", "c2"]


def test_a_missing_request_id_is_filled_in(house, cli):
    create = "orders.AccountService/CreateAccount"
    house.answers(create, {"account": {}})

    cli("api", "call", create)
    cli("api", "call", create, "-d", '{"request_id": "mine"}')
    cli("api", "call", create, "--request-id", "given")

    ids = [request["request_id"] for request in house.requests(create)]
    assert len(ids[0]) == 36
    assert ids[1:] == ["mine", "given"]


def test_the_request_may_come_from_a_file_or_stdin(house, cli, tmp_path, monkeypatch):
    house.answers(ACCOUNTS, {})
    file = tmp_path / "request.json"
    file.write_text('{"page_size": 7}')
    monkeypatch.setattr("sys.stdin", io.StringIO('{"page_size": 8}'))

    cli("api", "call", ACCOUNTS, "-d", f"@{file}")
    cli("api", "call", ACCOUNTS, "-d", "-")

    assert [request["page_size"] for request in house.requests(ACCOUNTS)] == [7, 8]


def test_a_field_the_call_does_not_have_is_exit_4(house, cli):
    result = cli("api", "call", ACCOUNTS, "-d", '{"pagesize": 5}')

    assert result.code == 4
    assert "pagesize" in result.err
    assert result.hint == f"try: trademesh api describe {ACCOUNTS}"
    assert house.calls == []


def test_every_call_is_listed_with_its_scope_and_its_rest_form(cli):
    calls = json.loads(cli("api", "list").out)

    assert len(calls) == len(all_methods()) > 30
    assert all(call["scope"] and call["rest"] for call in calls)
    assert {
        "call": "orders.OrderService/PlaceOrder",
        "answers": "once",
        "scope": "orders.write",
        "rest": "POST /v1/accounts/{account_id}/orders",
    } in calls


def test_describe_lists_the_fields_of_all_messages(cli):
    fields = json.loads(cli("api", "describe", "OrderService/PlaceOrder").out)

    by_name = {(each["message"], each["field"]): each for each in fields}
    assert by_name["PlaceOrderRequest", "request_id"]["behavior"] == "REQUIRED"
    assert by_name["Order", "number"]["type"] == "int64"
    assert by_name["Order", "create_time"]["type"] == "Timestamp"
    assert "SIDE_BUY" in by_name["Order", "side"]["type"]


@pytest.mark.parametrize("method", [method.name for method in all_methods()])
def test_every_call_can_be_described(cli, method):
    assert cli("api", "describe", method).code == 0


def test_status_counts_what_there_is(house, cli):
    house.answers(
        "market_data.MarketDataService/ListBarSeries",
        {"bar_series": [{"bar_count": "3270"}, {"bar_count": "200"}]},
    )
    house.answers("market_data.MarketDataService/ListInstruments", {"instruments": [{}, {}]})
    house.answers("strategies.StrategyService/ListStrategies", {"strategies": [{}] * 4})
    house.answers("orders.AccountService/ListAccounts", {"accounts": [{}]})
    house.answers("strategies.RunService/ListRuns", {"runs": [{}]})

    assert json.loads(cli("status").out) == {
        "address": house.address,
        "state": "up",
        "instrument_count": 2,
        "bar_count": 3470,
        "strategy_count": 4,
        "account_count": 1,
        "active_run_count": 1,
    }


def test_demo_shows_its_backtest_and_its_run(house, cli, backtest):
    house.answers("backtests.BacktestService/CreateBacktest", {"backtest": backtest})
    house.answers("backtests.BacktestService/WatchBacktest", [{"backtest": backtest}])
    house.answers("orders.AccountService/CreateAccount", {"account": {"account_id": "acc_1"}})
    house.answers("strategies.RunService/StartRun", {"run": {"run_id": "run_1"}})

    shown = json.loads(cli("demo").out)

    assert shown["backtest"]["backtest_id"] == "bt_1"
    assert shown["run"]["run_id"] == "run_1"
    table = cli("demo", "-o", "table")
    assert "128,400.25" in table.out
    assert "trademesh run watch run_1" in table.err


def test_a_demo_that_fails_is_exit_11(house, cli, backtest):
    failed = backtest | {"state": "STATE_FAILED", "error_reason": "NO_BARS"}
    house.answers("backtests.BacktestService/CreateBacktest", {"backtest": backtest})
    house.answers("backtests.BacktestService/WatchBacktest", [{"backtest": failed}])

    result = cli("demo")

    assert result.code == 11
    assert "NO_BARS" in result.err
