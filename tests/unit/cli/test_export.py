"""Files out of the house: complete, or not there."""

import base64
import json
import os
import signal
import threading

import grpc
import pytest

from tests.unit.cli.cases.data import EXPORT, EXPORTED

CREATE = "exports.ExportService/CreateExport"
WATCH = "exports.ExportService/WatchExport"
DOWNLOAD = "exports.ExportService/DownloadExport"

BARS = ("data", "export", "aapl.csv", "-i", "AAPL", "-t", "1d")


def names_in(folder):
    return [file.name for file in folder.iterdir()]


def piece(data):
    return {"body": {"content_type": "text/csv", "data": base64.b64encode(data).decode()}}


@pytest.fixture
def shop(house, tmp_path, monkeypatch):
    """A platform that exports two pieces, and an empty folder to put them in."""
    monkeypatch.chdir(tmp_path)
    for method, answer in EXPORTED.items():
        house.answers(method, answer)
    house.answers(DOWNLOAD, [piece(b"open_time,"), piece(b"close\n")])
    return house


def test_bars_become_a_file(shop, cli, tmp_path):
    result = cli(*BARS, "--start", "2010-01-01", "--unadjusted")

    assert (tmp_path / "aapl.csv").read_bytes() == b"open_time,close\n"
    assert shop.requests(CREATE)[0]["export"] == {
        "bars": {
            "instrument_id": "AAPL",
            "timeframe": "1d",
            "start_time": "2010-01-01T00:00:00Z",
            "unadjusted": True,
        },
        "format": "FORMAT_CSV",
    }
    assert json.loads(result.out)["state"] == "STATE_SUCCEEDED"
    assert result.err == "written to aapl.csv\n"
    assert names_in(tmp_path) == ["aapl.csv"]


@pytest.mark.parametrize(
    ("arguments", "content"),
    [
        (("backtest", "export", "bt_1", "fills"), {"backtest_fills": {"backtest_id": "bt_1"}}),
        (("backtest", "export", "bt_1", "equity"), {"backtest_equity": {"backtest_id": "bt_1"}}),
        (("account", "export", "orders"), {"account_orders": {"account_id": "acc_1"}}),
    ],
)
def test_what_else_becomes_a_file(shop, cli, arguments, content):
    more = ("--account", "acc_1") if arguments[0] == "account" else ()

    assert cli(*arguments, "out.parquet", *more).code == 0
    assert shop.requests(CREATE)[0]["export"] == content | {"format": "FORMAT_PARQUET"}


@pytest.mark.parametrize(
    ("name", "more", "expected"),
    [
        ("a.csv", (), "CSV"),
        ("a.txt", (), "CSV"),
        ("a.PARQUET", (), "PARQUET"),
        ("a.pq", (), "PARQUET"),
        ("a.parquet", ("--format", "csv"), "CSV"),
        ("a.csv", ("--format", "PARQUET"), "PARQUET"),
    ],
)
def test_the_name_says_the_format_unless_the_option_does(shop, cli, name, more, expected):
    cli("data", "export", name, "-i", "AAPL", "-t", "1d", *more)
    assert shop.requests(CREATE)[0]["export"]["format"] == f"FORMAT_{expected}"


def test_a_file_that_is_there_is_not_touched(shop, cli, tmp_path):
    (tmp_path / "aapl.csv").write_text("mine")

    result = cli(*BARS)

    assert result.code == 8
    assert "[FILE_EXISTS]" in result.err
    assert shop.calls == []
    assert (tmp_path / "aapl.csv").read_text() == "mine"


@pytest.mark.parametrize("option", ["--force", "--yes", "-y"])
def test_force_writes_over_it(shop, cli, tmp_path, option):
    (tmp_path / "aapl.csv").write_text("mine")

    assert cli(*BARS, option).code == 0
    assert (tmp_path / "aapl.csv").read_bytes() == b"open_time,close\n"


def test_a_file_that_appears_meanwhile_is_not_touched_either(shop, cli, tmp_path):
    def appear(request):
        (tmp_path / "aapl.csv").write_text("mine")
        return piece(b"x")

    shop.answers(DOWNLOAD, [appear])

    assert cli(*BARS).code == 8
    assert names_in(tmp_path) == ["aapl.csv"]
    assert (tmp_path / "aapl.csv").read_text() == "mine"


def test_a_download_that_breaks_leaves_nothing(shop, cli, tmp_path, refusal):
    gone = refusal(grpc.StatusCode.FAILED_PRECONDITION, "EXPORT_EXPIRED")
    shop.answers(DOWNLOAD, [piece(b"open_time,"), gone])

    result = cli(*BARS)

    assert result.code == 7
    assert names_in(tmp_path) == []


def test_ctrl_c_leaves_nothing(shop, cli, tmp_path):
    shop.answers(DOWNLOAD, [piece(b"open_time,"), "hang"])

    def interrupt():
        shop.hangs.wait(10)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    result = cli(*BARS)
    thread.join()

    assert result.code == 130
    assert names_in(tmp_path) == []


def test_an_export_that_fails_is_exit_11_and_leaves_nothing(shop, cli, tmp_path):
    failed = EXPORT | {
        "state": "STATE_FAILED",
        "error_reason": "DISK_FULL",
        "error_message": "no room",
    }
    shop.answers(WATCH, [{"export": failed}])

    result = cli(*BARS)

    assert result.code == 11
    assert "error: no room [DISK_FULL]" in result.err
    assert names_in(tmp_path) == []


def test_a_dry_run_writes_nothing(shop, cli, tmp_path):
    assert cli(*BARS, "--dry-run").code == 0
    assert shop.requests(CREATE)[0]["validate_only"] is True
    assert shop.requests(WATCH) == []
    assert names_in(tmp_path) == []


def test_a_folder_that_is_not_there_is_told_before_anything_is_made(shop, cli):
    result = cli("data", "export", "no/such/a.csv", "-i", "AAPL", "-t", "1d")

    assert result.code == 3
    assert "[FILE_NOT_WRITABLE]" in result.err
    assert shop.calls == []


def test_a_folder_is_never_written_over(shop, cli, tmp_path):
    (tmp_path / "aapl.csv").mkdir()
    assert cli(*BARS, "--force").code == 8
    assert (tmp_path / "aapl.csv").is_dir()


def test_stdout_gets_the_bytes_and_nothing_else(shop, cli):
    result = cli("data", "export", "-", "-i", "AAPL", "-t", "1d")
    assert (result.code, result.out, result.err) == (0, "open_time,close\n", "")


def test_a_file_may_be_read_as_any_other(shop, cli, tmp_path):
    mask = os.umask(0o027)
    try:
        cli(*BARS)
    finally:
        os.umask(mask)
    assert (tmp_path / "aapl.csv").stat().st_mode & 0o777 == 0o640
