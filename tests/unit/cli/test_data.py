"""Market data and strategies on their way in and out."""

import base64
import json
import os
import threading
from pathlib import Path

import grpc
import pytest

from apps.cli.strategy_source import kebab, source_file
from apps.cli.upload import CHUNK

CREATE = "market_data.ImportService/CreateImport"
UPLOAD = "market_data.ImportService/UploadImportChunk"
WATCH = "market_data.ImportService/WatchImport"
PUSH = "strategies.StrategyService/PushStrategy"

KEPT = {"import_id": "imp_1", "state": "STATE_SUCCEEDED", "bar_count": "2"}
REFUSED = {
    "import_id": "imp_1",
    "state": "STATE_FAILED",
    "error_reason": "REFUSED_ROWS",
    "error_message": "2 rows are refused",
    "refused_row_count": "120",
    "refused_rows": [
        {"line": "3", "column": "high", "reason": "HIGH_BELOW_LOW", "value": "1.5"},
        {"line": "7", "column": "time", "reason": "NOT_A_TIME", "value": "yesterday"},
    ],
}


@pytest.fixture
def importer(house):
    """A platform that keeps every file."""
    house.answers(CREATE, {"import": {"import_id": "imp_1", "state": "STATE_UPLOADING"}})
    house.answers(UPLOAD, {"import": {"import_id": "imp_1"}})
    house.answers(WATCH, [{"import": KEPT}])
    return house


def import_command(file: Path, *more: str) -> tuple[str, ...]:
    return ("data", "import", str(file), "--instrument", "SPY.ARCX", "--timeframe", "1m", *more)


def test_a_file_goes_in_ordered_chunks(importer, cli, tmp_path):
    content = bytes(range(256)) * (CHUNK // 256) + b"the rest"
    file = tmp_path / "bars.csv"
    file.write_bytes(content)

    result = cli(*import_command(file, "--time-zone", "America/New_York"))

    declared, (first, second) = importer.requests(CREATE)[0], importer.requests(UPLOAD)
    assert declared["import"] == {
        "instrument_id": "SPY.ARCX",
        "timeframe": "1m",
        "time_zone": "America/New_York",
        "content": "CONTENT_BARS",
        "format": "FORMAT_CSV",
    }
    assert base64.b64decode(first["data"]) + base64.b64decode(second["data"]) == content
    assert int(second["offset"]) == CHUNK
    assert "last" not in first
    assert second["last"] is True
    assert first["request_id"] != second["request_id"]
    assert json.loads(result.out)["bar_count"] == "2"


def test_refused_rows_are_listed_with_their_lines(importer, cli, tmp_path):
    file = tmp_path / "bars.csv"
    file.write_text("time,open\n")
    importer.answers(WATCH, [{"import": REFUSED}])

    result = cli(*import_command(file, "-o", "table"))

    assert result.code == 11
    assert [line.split() for line in result.out.splitlines()] == [
        ["line", "column", "reason", "value"],
        ["3", "high", "HIGH_BELOW_LOW", "1.5"],
        ["7", "time", "NOT_A_TIME", "yesterday"],
    ]
    assert "… and 118 more" in result.err
    assert "error: 2 rows are refused [REFUSED_ROWS]" in result.err


def test_programs_get_the_refused_import_whole(importer, cli, tmp_path):
    file = tmp_path / "bars.csv"
    file.write_text("time,open\n")
    importer.answers(WATCH, [{"import": REFUSED}])

    result = cli(*import_command(file, "-o", "json"))

    assert result.code == 11
    assert json.loads(result.out)["refused_rows"][0]["line"] == "3"


def test_an_empty_file_is_refused_before_anything_is_declared(importer, cli, tmp_path):
    file = tmp_path / "bars.csv"
    file.touch()

    result = cli(*import_command(file))

    assert result.code == 4
    assert "EMPTY_FILE" in result.err
    assert importer.calls == []


def test_a_pipe_does_as_well_as_a_file(importer, cli, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("time,open\n" * 3,))
    writer.start()

    result = cli(*import_command(pipe))
    writer.join()

    assert result.code == 0
    (chunk,) = importer.requests(UPLOAD)
    assert base64.b64decode(chunk["data"]) == b"time,open\n" * 3
    assert chunk["last"] is True


def test_a_missing_file_is_exit_3(importer, cli, tmp_path):
    result = cli(*import_command(tmp_path / "none.csv"))
    assert result.code == 3
    assert importer.calls == []


def test_the_catalogue_is_a_table_of_series(house, cli):
    house.answers(
        "market_data.MarketDataService/ListBarSeries",
        {
            "bar_series": [
                {
                    "instrument_id": "AAPL.XNAS",
                    "timeframe": "1d",
                    "first_open_time": "2000-03-01T14:30:00Z",
                    "last_open_time": "2013-02-28T14:30:00Z",
                    "bar_count": "3270",
                    "source": "sample",
                }
            ]
        },
    )

    lines = cli("data", "catalog", "-o", "table").out.splitlines()

    words = " ".join(lines[1].split())
    assert words == "AAPL.XNAS 1d 2000-03-01 14:30 2013-02-28 14:30 3,270 sample"


def test_instruments_are_listed(house, cli):
    instrument = {"instrument_id": "AAPL.XNAS", "symbol": "AAPL"}
    house.answers("market_data.MarketDataService/ListInstruments", {"instruments": [instrument]})
    assert cli("data", "instruments", "-o", "name").out == "AAPL.XNAS\n"


@pytest.fixture
def author_file(tmp_path):
    file = tmp_path / "my_cross.py"
    file.write_text("class MyCross: ...\n")
    return file


def test_validate_keeps_nothing(house, cli, author_file):
    house.answers(PUSH, {"strategy_version": {"class_name": "MyCross"}})

    result = cli("strategy", "validate", str(author_file))

    assert result.code == 0
    assert house.requests(PUSH)[0]["validate_only"] is True
    assert "no problems found" in result.err


def test_validate_that_finds_a_problem_is_exit_13(house, cli, refusal, author_file):
    house.answers(
        PUSH,
        refusal(grpc.StatusCode.INVALID_ARGUMENT, "STRATEGY_DOES_NOT_IMPORT", "line 3: NameError"),
    )

    result = cli("strategy", "validate", str(author_file))

    assert result.code == 13
    assert "line 3: NameError" in result.err


def test_push_takes_a_name(house, cli, author_file):
    house.answers(PUSH, {"strategy_version": {"version_id": "sha256:1"}})

    result = cli("strategy", "push", str(author_file), "--name", "crossing", "-o", "name")

    assert result.out == "sha256:1\n"
    assert house.requests(PUSH)[0]["strategy_id"] == "crossing"


def test_show_prints_the_source(house, cli):
    strategy = {"strategy_id": "x", "latest_version": {"source": "class X: ...\n"}}
    house.answers("strategies.StrategyService/GetStrategy", {"strategy": strategy})
    assert cli("strategy", "show", "x", "--source").out == "class X: ...\n"


def test_a_strategy_of_another_name_is_suggested(house, cli, refusal):
    house.answers(
        "strategies.StrategyService/GetStrategy",
        refusal(grpc.StatusCode.NOT_FOUND, "STRATEGY_NOT_FOUND", "no donchian"),
    )
    house.answers(
        "strategies.StrategyService/ListStrategies",
        {"strategies": [{"strategy_id": "donchian-breakout"}, {"strategy_id": "buy-and-hold"}]},
    )
    assert "donchian-breakout" in cli("strategy", "show", "donchian").hint


@pytest.mark.parametrize(
    ("name", "strategy_id"),
    [
        ("SmaCross", "sma-cross"),
        ("RSIMeanReversion", "rsi-mean-reversion"),
        ("my_strategy", "my-strategy"),
        ("Cross2Ways", "cross2-ways"),
        ("_private", "private"),
    ],
)
def test_names_in_the_library_come_from_classes_and_files(name, strategy_id):
    assert kebab(name) == strategy_id


@pytest.mark.parametrize(
    ("reference", "path", "class_name"),
    [
        ("a/b.py", "a/b.py", ""),
        ("a/b.py:Mine", "a/b.py", "Mine"),
        ("./x.py.d/b.py:Mine", "x.py.d/b.py", "Mine"),
    ],
)
def test_a_reference_with_py_is_a_file(reference, path, class_name):
    file = source_file(reference)
    assert (str(file.path), file.class_name) == (path, class_name)


def test_any_other_reference_is_a_name():
    assert source_file("sma-cross") is None
