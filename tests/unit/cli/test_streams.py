"""What goes on and on: bars, quotes, orders, logs."""

import csv
import io
import json
import os
import signal
import threading

import pytest

from tests.unit.cli.filled import filled, page

MARKET = "market_data.MarketDataService"
WATCH_ACCOUNT = "orders.AccountService/WatchAccount"
GET_ORDER = "orders.OrderService/GetOrder"
WATCH_LOGS = "strategies.RunService/WatchRunLogs"

BATCHES = [
    {"bars": [filled("market_data.Bar", close=1.0), filled("market_data.Bar", close=2.0)]},
    {"bars": [filled("market_data.Bar", close=3.0)]},
]
DUMP = ("data", "watch", "bars", "AAPL", "--start", "2024-01-02", "--no-follow")


@pytest.fixture
def market(house):
    house.answers(f"{MARKET}/StreamBars", BATCHES)
    return house


def test_each_bar_is_an_object_on_a_line_of_its_own(market, cli):
    lines = cli(*DUMP, "-t", "1m").out.splitlines()

    assert [json.loads(line)["close"] for line in lines] == [1.0, 2.0, 3.0]
    assert market.requests(f"{MARKET}/StreamBars") == [
        {"instrument_id": "AAPL", "timeframe": "1m", "start_time": "2024-01-02T00:00:00Z"}
    ]


def test_a_stream_in_the_other_forms(market, cli):
    rows = list(csv.DictReader(io.StringIO(cli(*DUMP, "-o", "csv").out)))
    assert [row["close"] for row in rows] == ["1.0", "2.0", "3.0"]
    assert cli(*DUMP, "-o", "name").out == "2024-01-02T15:04:05Z\n" * 3
    assert cli(*DUMP, "-o", "yaml").out.count("- open_time") == 3
    assert cli(*DUMP, "-o", "table").out.splitlines()[1].split()[-2:] == ["2", "1.5"]
    only = cli(*DUMP, "--fields", "close").out.splitlines()
    assert [json.loads(line) for line in only] == [{"close": 1.0}, {"close": 2.0}, {"close": 3.0}]


def test_a_terminal_gets_a_table_that_moves_on(market, cli, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "dumb")

    out = cli(*DUMP).out

    assert "close" in out
    assert out.rstrip().splitlines()[-1].split()[-2:] == ["3", "1.5"]


def test_without_a_start_it_begins_with_the_last_one_kept(market, cli):
    market.answers(f"{MARKET}/GetInstrument", {"instrument": filled("market_data.Instrument")})
    market.answers(
        f"{MARKET}/ListBarSeries",
        {
            "bar_series": [
                filled("market_data.BarSeries", timeframe="1m"),
                filled("market_data.BarSeries", last_open_time="2013-03-01T14:30:00Z"),
            ]
        },
    )

    assert cli("data", "watch", "bars", "AAPL").code == 0

    asked = market.requests(f"{MARKET}/StreamBars")[0]
    assert asked["start_time"] == "2013-03-01T14:30:00Z"
    assert asked["follow"] is True


@pytest.mark.parametrize("kind", ["quotes", "trades"])
def test_ticks_begin_with_the_last_one_of_their_kind(house, cli, kind):
    stream = f"{MARKET}/Stream{kind.capitalize()}"
    house.answers(f"{MARKET}/GetInstrument", {"instrument": filled("market_data.Instrument")})
    house.answers(
        f"{MARKET}/ListTickSeries",
        {
            "tick_series": [
                filled("market_data.TickSeries", kind=f"TICK_KIND_{each}", last_time=time)
                for each, time in [
                    ("QUOTES", "2024-01-02T00:00:00Z"),
                    ("TRADES", "2024-01-03T00:00:00Z"),
                ]
            ]
        },
    )
    house.answers(stream, [page(kind, f"market_data.{kind.capitalize()[:-1]}")])

    assert len(cli("data", "watch", kind, "AAPL").out.splitlines()) == 1
    day = {"quotes": "02", "trades": "03"}[kind]
    assert house.requests(stream)[0]["start_time"] == f"2024-01-{day}T00:00:00Z"


@pytest.mark.parametrize(
    ("stream", "first", "arguments"),
    [
        (f"{MARKET}/StreamBars", BATCHES[0], DUMP[:-1]),
        (WATCH_LOGS, page("run_logs", "strategies.RunLog"), ("run", "logs", "run_1", "-f")),
        (
            WATCH_ACCOUNT,
            {"snapshot": page("open_orders", "orders.Order"), "cursor": "1"},
            ("order", "watch", "-a", "acc_1"),
        ),
    ],
)
def test_ctrl_c_ends_it_with_130(house, cli, stream, first, arguments):
    house.answers(stream, [first, "hang"])

    def interrupt():
        house.hangs.wait(10)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    result = cli(*arguments)
    thread.join()

    assert result.code == 130
    assert "Traceback" not in result.err


def change(order_id, state):
    return {"order": filled("orders.Order", order_id=order_id, state=state), "cursor": "2"}


def snapshot(*order_ids):
    orders = [filled("orders.Order", order_id=each) for each in order_ids]
    return {"snapshot": {"open_orders": orders}, "cursor": "1"}


def test_one_order_is_watched_to_its_end(house, cli):
    house.answers(
        WATCH_ACCOUNT,
        [
            snapshot("o1", "o2"),
            change("o2", "STATE_FILLED"),
            {"fill": filled("orders.Fill"), "cursor": "3"},
            change("o1", "STATE_PARTIALLY_FILLED"),
            change("o1", "STATE_FILLED"),
            change("o1", "STATE_CANCELED"),
        ],
    )

    result = cli("order", "watch", "o1", "-a", "acc_1")

    states = [json.loads(line)["state"] for line in result.out.splitlines()]
    assert states == ["STATE_CREATED", "STATE_PARTIALLY_FILLED", "STATE_FILLED"]
    assert result.code == 0


def test_an_order_that_has_ended_is_shown_once(house, cli):
    house.answers(WATCH_ACCOUNT, [snapshot("o2"), "hang"])
    house.answers(GET_ORDER, {"order": filled("orders.Order", state="STATE_EXPIRED")})

    result = cli("order", "watch", "o1", "-a", "acc_1")

    assert result.code == 0
    assert [json.loads(line)["state"] for line in result.out.splitlines()] == ["STATE_EXPIRED"]


@pytest.mark.parametrize("state", ["STATE_DENIED", "STATE_REJECTED"])
def test_an_order_that_is_refused_is_exit_11_with_its_reason(house, cli, state):
    refused = change("o1", state)
    refused["order"]["reason"] = "MAX_POSITION"
    house.answers(WATCH_ACCOUNT, [snapshot("o1"), refused])

    result = cli("order", "watch", "o1", "-a", "acc_1")

    assert result.code == 11
    assert "[MAX_POSITION]" in result.err


def test_all_orders_of_an_account_are_watched(house, cli):
    house.answers(WATCH_ACCOUNT, [snapshot("o1"), change("o2", "STATE_FILLED")])
    assert cli("order", "watch", "-a", "acc_1", "-o", "name").out == "o1\no2\n"


def test_a_followed_log_prints_each_line(house, cli):
    two = [filled("strategies.RunLog", text=text) for text in ("bought", "sold")]
    house.answers(WATCH_LOGS, [{"run_logs": two}, page("run_logs", "strategies.RunLog")])

    out = cli("run", "logs", "run_1", "--follow").out

    assert [json.loads(line)["text"] for line in out.splitlines()] == ["bought", "sold", "bought"]
