import csv
import io
import json

import pytest

from apps.cli.output.formats import OutputFormat, write
from apps.cli.output.report import REPORT
from apps.cli.output.views import BACKTEST, ORDER, Column, Kind, View, plain_view
from apps.cli.output.words import in_words, money_in_words, state_in_words, time_in_words
from apps.cli.output.yaml import to_yaml

LIST = "backtests.BacktestService/ListBacktests"


def written(data, form, view=BACKTEST) -> str:
    out = io.StringIO()
    write(data, view, form, out)
    return out.getvalue()


def test_json_is_the_proto_json_of_the_thing_itself(house, cli, order):
    house.answers("orders.OrderService/GetOrder", {"order": order})

    result = cli("order", "show", "o1", "--account", "acc_1", "-o", "json")

    assert json.loads(result.out) == {
        "order_id": "o1",
        "account_id": "acc_1",
        "number": "1",
        "run_id": "",
        "instrument_id": "AAPL.XNAS",
        "side": "SIDE_BUY",
        "quantity": "10",
        "order_type": "ORDER_TYPE_LIMIT",
        "limit_price": "64.5",
        "time_in_force": "TIME_IN_FORCE_DAY",
        "state": "STATE_CREATED",
        "reason": "",
        "filled_quantity": "0",
        "average_fill_price": "",
        "broker_order_id": "",
        "create_time": "2026-01-02T03:04:05Z",
        "etag": "",
        "origin": "ORIGIN_UNSPECIFIED",
        "group_id": "",
        "leg": "LEG_UNSPECIFIED",
    }
    assert result.err == ""


def test_a_list_is_an_array_of_things(house, cli, backtest):
    page = {"backtests": [backtest, backtest | {"backtest_id": "bt_2"}]}
    house.answers(LIST, page)

    things = json.loads(cli("backtest", "list", "--json").out)

    assert [thing["backtest_id"] for thing in things] == ["bt_1", "bt_2"]
    assert things[0]["statistics"]["final_equity"] == "128400.25"
    assert things[0]["statistics"]["order_count"] == "56"
    assert "sharpe" not in things[0]["statistics"], "what cannot be computed is left out"


def test_a_pipe_gets_json_and_a_terminal_a_table(house, cli, backtest, monkeypatch):
    house.answers(LIST, {"backtests": [backtest]})
    assert json.loads(cli("backtest", "list").out)

    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert cli("backtest", "list").out.startswith("backtest")


def test_an_empty_list_is_empty_in_every_form(house, cli):
    house.answers(LIST, {})

    assert cli("backtest", "list", "-o", "json").out == "[]\n"
    assert cli("backtest", "list", "-o", "yaml").out == "[]\n"
    assert cli("backtest", "list", "-o", "csv").out == ""
    assert cli("backtest", "list", "-o", "ndjson").out == ""
    assert cli("backtest", "list", "-o", "name").out == ""
    assert cli("backtest", "list", "-o", "table").out.split()[0] == "backtest"


def test_name_prints_an_id_a_line(house, cli, backtest):
    house.answers(LIST, {"backtests": [backtest, backtest | {"backtest_id": "bt_2"}]})
    assert cli("backtest", "list", "-o", "name").out == "bt_1\nbt_2\n"


def test_ndjson_prints_a_thing_a_line():
    lines = written([{"a": 1}, {"a": "é\n"}], OutputFormat.NDJSON).splitlines()
    assert [json.loads(line) for line in lines] == [{"a": 1}, {"a": "é\n"}]


def test_csv_has_a_column_for_each_nested_field():
    things = [
        {"id": "1", "progress": {"bars": "3"}, "tags": ["a", "b"], "done": True},
        {"id": "2", "more": 'a "word", and\nanother'},
    ]

    rows = list(csv.DictReader(io.StringIO(written(things, OutputFormat.CSV))))

    assert rows[0] == {
        "id": "1",
        "progress.bars": "3",
        "tags": '["a", "b"]',
        "done": "true",
        "more": "",
    }
    assert rows[1]["more"] == 'a "word", and\nanother'


def test_yaml_reads_like_yaml_and_keeps_text_text():
    data = [
        {"id": "bt_1", "bars": 1, "nested": {"on": "yes", "price": "64.50"}, "empty": {}},
        "x: y",
    ]

    assert to_yaml(data).splitlines() == [
        "- id: bt_1",
        "  bars: 1",
        "  nested:",
        '    "on": "yes"',
        '    price: "64.50"',
        "  empty: {}",
        '- "x: y"',
    ]


def test_several_lines_are_a_block():
    source = "class A:\n    def b(self): ...\n\n    x = 1\n"

    assert to_yaml({"a": {"source": source, "end": "x\ny"}}).splitlines() == [
        "a:",
        "  source: |",
        "    class A:",
        "        def b(self): ...",
        "",
        "        x = 1",
        "  end: |-",
        "    x",
        "    y",
    ]


@pytest.mark.parametrize("text", [" x\ny", "x\n\n", "x\n\ty\x00z", "\nx", "x\ny "])
def test_lines_that_a_block_would_change_stay_quoted(text):
    assert to_yaml({"a": text}) == f"a: {json.dumps(text)}\n"


def test_a_list_inside_a_list_stays_inside():
    assert to_yaml({"a": [[1, 2], []]}) == "a:\n  - - 1\n    - 2\n  - []\n"


def test_a_table_leaves_out_columns_that_say_nothing(order):
    table = written([order], OutputFormat.TABLE, ORDER)

    assert " ".join(table.split()) == (
        "order no. instrument side quantity type limit tif state filled"
        " o1 1 AAPL.XNAS BUY 10 LIMIT 64.5 DAY CREATED 0"
    )


def test_the_report_says_the_figures_in_words(backtest):
    lines = written(backtest, OutputFormat.TABLE, REPORT).splitlines()
    report = dict(line.split("  ", 1) for line in lines)
    report = {name: words.strip() for name, words in report.items()}

    assert report["Equity at the end"] == "128,400.25"
    assert report["Return"] == "+28.40%"
    assert report["Deepest drawdown"] == "-12.50%"
    assert report["Won"] == "50.00%"
    assert report["Orders"] == "56"
    assert report["From"] == "2000-03-01"
    assert report["Parameters"] == "fast=10"
    assert "Sharpe" not in report, "what cannot be computed is not zero"


def test_nothing_is_coloured_in_a_pipe_or_with_no_color(backtest, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    coloured, plain = Terminal(), Terminal()
    write(backtest, REPORT, OutputFormat.TABLE, coloured)
    monkeypatch.setenv("NO_COLOR", "1")
    write(backtest, REPORT, OutputFormat.TABLE, plain)

    assert "\033[32m" in coloured.getvalue()
    assert "\033[3" not in plain.getvalue()
    assert "\033" not in written(backtest, OutputFormat.TABLE, REPORT)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (Kind.MONEY, "1234567.895", "1,234,567.90"),
        (Kind.MONEY, "-0.5", "-0.50"),
        (Kind.NUMBER, "10.500000", "10.5"),
        (Kind.NUMBER, "100", "100"),
        (Kind.NUMBER, "1E+2", "100"),
        (Kind.PERCENT, 0.1234, "+12.34%"),
        (Kind.PERCENT, "Infinity", "+inf%"),
        (Kind.SHARE, 0.1234, "12.34%"),
        (Kind.RATIO, -0.126, "-0.13"),
        (Kind.COUNT, "1234", "1,234"),
        (Kind.COUNT, 0, "0"),
        (Kind.TEXT, True, "yes"),
        (Kind.TEXT, {"fast": "10", "slow": "30"}, "fast=10 slow=30"),
        (Kind.TEXT, [{"name": "fast", "default_value": "10"}, {"name": "id"}], "fast=10, id"),
        (Kind.STATE, "STATE_PARTIALLY_FILLED", "PARTIALLY FILLED"),
        (Kind.TIME, "2013-02-28T21:00:00Z", "2013-02-28 21:00"),
        (Kind.MONEY, "", ""),
    ],
)
def test_values_in_words(kind, value, words):
    assert in_words({"x": value}, Column("x", "x", kind)) == words


def test_times_drop_what_says_nothing():
    assert time_in_words("2013-02-28T00:00:00Z") == "2013-02-28"
    assert time_in_words("2013-02-28T21:00:05.123Z") == "2013-02-28 21:00:05"


def test_words_that_are_no_states_stay():
    assert state_in_words("up") == "up"
    assert money_in_words("2") == "2.00"


def test_a_plain_view_has_the_fields_own_names():
    assert plain_view("id", "run_id") == View("id", (Column("run id", "run_id"),))
