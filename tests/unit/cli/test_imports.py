"""Imports with all their options, their reports, and checks of what is kept."""

import json

import pytest

from tests.unit.cli.cases.data import IMPORT
from tests.unit.cli.filled import filled, page

CREATE = "market_data.ImportService/CreateImport"
UPLOAD = "market_data.ImportService/UploadImportChunk"
WATCH = "market_data.ImportService/WatchImport"
FINDINGS = "market_data.ImportService/ListImportFindings"
CHECK = "market_data.MarketDataService/CheckBars"
SERIES = "market_data.MarketDataService/ListBarSeries"

ROW = {"line": "3", "column": "high", "reason": "HIGH_BELOW_LOW", "value": "1.5"}


@pytest.fixture
def importer(house, tmp_path, monkeypatch):
    """A platform that keeps every file, and a file of each kind."""
    monkeypatch.chdir(tmp_path)
    for name in ("bars.csv", "bars.csv.gz", "bars.parquet", "bars.PQ"):
        (tmp_path / name).write_text("x")
    house.answers(CREATE, {"import": IMPORT})
    house.answers(UPLOAD, {"import": IMPORT})
    house.answers(WATCH, [{"import": IMPORT}])
    house.answers(FINDINGS, page("findings", "market_data.Finding"))
    return house


def terms(house):
    return house.requests(CREATE)[0]["import"]


def test_every_option_is_a_term(importer, cli):
    result = cli(
        *("data", "import", "bars.csv", "-i", "AAPL.XNAS", "-t", "1m", "--content", "bars"),
        *("--column", "time=Date", "--column", "close=Adj Close", "--delimiter", ";"),
        *("--time-zone", "Europe/Berlin", "--skip-refused-rows"),
    )

    assert result.code == 0, result.err
    assert terms(importer) == {
        "instrument_id": "AAPL.XNAS",
        "timeframe": "1m",
        "content": "CONTENT_BARS",
        "format": "FORMAT_CSV",
        "columns": {"time": "Date", "close": "Adj Close"},
        "delimiter": ";",
        "time_zone": "Europe/Berlin",
        "skip_refused_rows": True,
    }


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("bars.csv", "CSV"),
        ("bars.csv.gz", "CSV"),
        ("bars.parquet", "PARQUET"),
        ("bars.PQ", "PARQUET"),
    ],
)
def test_the_name_of_the_file_says_its_format(importer, cli, file, expected):
    cli("data", "import", file, "-i", "A.XNAS", "-t", "1d")
    assert terms(importer)["format"] == f"FORMAT_{expected}"


@pytest.mark.parametrize("typed", ["tab", "\\t", "\t"])
def test_a_tab_can_be_typed(importer, cli, typed):
    cli("data", "import", "bars.csv", "-i", "A.XNAS", "-t", "1d", "--delimiter", typed)
    assert terms(importer)["delimiter"] == "\t"


def test_quotes_have_no_timeframe_and_bars_must_have_one(importer, cli):
    command = ("data", "import", "bars.csv", "-i", "A.XNAS")

    assert cli(*command, "--content", "quotes").code == 0
    assert "timeframe" not in terms(importer)
    without = cli(*command)
    assert without.code == 2
    assert without.hint == "try: --timeframe 1d"


def test_a_dry_run_sends_no_byte(importer, cli):
    assert cli("data", "import", "bars.csv", "-i", "A.XNAS", "-t", "1d", "--dry-run").code == 0
    assert importer.requests(CREATE)[0]["validate_only"] is True
    assert importer.requests(UPLOAD) == []


def test_a_table_shows_what_was_odd(importer, cli):
    importer.answers(
        WATCH,
        [
            {
                "import": IMPORT
                | {"quality": filled("market_data.Quality", finding_counts={"GAP": "25"})}
            }
        ],
    )

    result = cli("data", "import", "bars.csv", "-i", "A.XNAS", "-t", "1d", "-o", "table")

    assert result.code == 0
    assert "GAP=25" in result.out
    assert "close 18.92 between 189.10 and 189.32" in result.out
    assert "… and 24 more: trademesh data report imp_1 --findings" in result.err


def test_rows_that_are_left_out_are_exit_12(importer, cli):
    partly = IMPORT | {"refused_row_count": "120", "refused_rows": [ROW]}
    importer.answers(WATCH, [{"import": partly}])
    command = ("data", "import", "bars.csv", "-i", "A.XNAS", "-t", "1d", "--skip-refused-rows")

    result = cli(*command, "-o", "table")

    assert result.code == 12
    assert "HIGH_BELOW_LOW" in result.out
    assert "120 rows are refused and left out" in result.err
    assert result.hint == "try: trademesh data report imp_1 --refused"
    whole = cli(*command, "-o", "json")
    assert whole.code == 12
    assert json.loads(whole.out)["refused_row_count"] == "120"


def test_a_canceled_import_is_exit_11(importer, cli):
    canceled = IMPORT | {"state": "STATE_CANCELED"}
    importer.answers(WATCH, [{"import": canceled}])

    result = cli("data", "import", "bars.csv", "-i", "A.XNAS", "-t", "1d")

    assert result.code == 11
    assert "the import is canceled" in result.err


def test_a_market_is_made_from_its_seed(importer, cli):
    result = cli(
        *("data", "generate", "-i", "TEST.SYNTHETIC", "--start-date", "2024-01-02"),
        *("--sessions", "60", "--seed", "7", "--gaps", "5", "--halts", "2", "--splits", "1"),
        *("--content", "trades", "--start-price", "50"),
    )

    assert result.code == 0
    assert terms(importer) == {
        "instrument_id": "TEST.SYNTHETIC",
        "content": "CONTENT_TRADES",
        "synthetic": {
            "seed": "7",
            "start_date": "2024-01-02",
            "session_count": 60,
            "start_price": "50",
            "gaps_per_100_sessions": 5,
            "halts_per_100_sessions": 2,
            "split_count": 1,
        },
    }
    assert importer.requests(UPLOAD) == []


@pytest.mark.parametrize(
    ("option", "method", "key", "shape"),
    [
        ("--refused", "ListRefusedRows", "refused_rows", "market_data.RefusedRow"),
        ("--findings", "ListImportFindings", "findings", "market_data.Finding"),
    ],
)
def test_a_report_lists_every_row(house, cli, option, method, key, shape):
    house.answers(f"market_data.ImportService/{method}", page(key, shape))
    assert len(json.loads(cli("data", "report", "imp_1", option).out)) == 1


@pytest.fixture
def kept(house):
    """Three series, one of which has something odd."""
    names = [("AAPL.XNAS", "1d"), ("AAPL.XNAS", "1m"), ("IBM.XNYS", "1d")]
    house.answers(
        SERIES,
        {
            "bar_series": [
                filled("market_data.BarSeries", instrument_id=each, timeframe=timeframe)
                for each, timeframe in names
            ]
        },
    )
    house.answers(
        "market_data.MarketDataService/GetInstrument",
        {"instrument": filled("market_data.Instrument", instrument_id="AAPL.XNAS")},
    )

    def check(request):
        series = filled(
            "market_data.BarSeries",
            instrument_id=request["instrument_id"],
            timeframe=request["timeframe"],
        )
        found = [filled("market_data.Finding")] * 25 if request["timeframe"] == "1m" else []
        return {"bar_series": series, "findings": found}

    house.answers(CHECK, check)
    return house


@pytest.mark.parametrize(
    ("arguments", "checked"),
    [
        ((), [("AAPL.XNAS", "1d"), ("AAPL.XNAS", "1m"), ("IBM.XNYS", "1d")]),
        (("AAPL",), [("AAPL.XNAS", "1d"), ("AAPL.XNAS", "1m")]),
        (("-t", "1d"), [("AAPL.XNAS", "1d"), ("IBM.XNYS", "1d")]),
        (("AAPL", "-t", "5m"), [("AAPL", "5m")]),
    ],
)
def test_what_is_named_is_checked(kept, cli, arguments, checked):
    cli("data", "check", *arguments)
    asked = [(each["instrument_id"], each["timeframe"]) for each in kept.requests(CHECK)]
    assert asked == checked


def test_a_check_that_finds_something_is_exit_13(kept, cli):
    result = cli("data", "check", "-o", "table")

    assert result.code == 13
    assert "25 findings in 1 of 3 series [FINDINGS]" in result.err
    assert "\nAAPL.XNAS 1m\n" in result.out
    assert "… and 5 more; -o json has all" in result.err


def test_a_check_that_finds_nothing_is_exit_0(kept, cli):
    result = cli("data", "check", "IBM.XNYS", "-t", "1d")
    assert result.code == 0
    assert result.err == "nothing was found\n"


def test_a_download_says_in_one_sentence_that_it_comes_later(house, cli):
    result = cli("data", "download", "AAPL")

    assert result.code == 7
    told, hint = result.err.splitlines()
    assert told.startswith("error: AAPL 1d cannot be downloaded: providers of data come in a later")
    assert hint == "try: trademesh data import FILE, or trademesh data generate"
    assert house.calls == []
