"""Market data in and out by the command line, against the whole platform."""

import signal
import subprocess

import pytest

from tests.journeys.cli import TRADEMESH, environment


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Files go where nobody else's are."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_exported_bars_come_in_again_as_they_went_out(cli, folder):
    out = cli("data", "export", "aapl.csv", "-i", "AAPL", "-t", "1d", "--start", "2013-01-01")
    kept = cli("data", "import", "aapl.csv", "-i", "AGAIN.XNAS", "-t", "1d")
    again = cli("data", "export", "-", "-i", "AGAIN.XNAS", "-t", "1d")

    assert (out.code, kept.code, again.code) == (0, 0, 0), kept.err
    assert kept.data["bar_count"] == out.data["row_count"] == "41"
    assert again.out == (folder / "aapl.csv").read_text()


def test_parquet_says_its_name(cli, folder):
    assert cli("data", "export", "ibm.parquet", "-i", "IBM", "-t", "1d", "-q").code == 0
    assert (folder / "ibm.parquet").read_bytes()[:4] == b"PAR1"
    kept = cli("data", "import", "ibm.parquet", "-i", "PARQUET.XNAS", "-t", "1d")
    assert kept.data["bar_count"] == "3270"


def test_a_file_is_not_written_over_without_force(cli, folder):
    (folder / "mine.csv").write_text("mine")
    command = ("data", "export", "mine.csv", "-i", "FB", "-t", "1d")

    refused = cli(*command)
    assert refused.code == 8
    assert "[FILE_EXISTS]" in refused.err
    assert (folder / "mine.csv").read_text() == "mine"

    assert cli(*command, "--force").code == 0
    assert (folder / "mine.csv").read_text().startswith("open_time,")
    assert [file.name for file in folder.iterdir()] == ["mine.csv"]


@pytest.mark.parametrize(
    ("change", "code", "near"),
    [
        (("-i", "APPL", "-t", "1d"), 3, "AAPL"),
        (("-i", "AAPL", "-t", "1day"), 4, "1d"),
        (("-i", "AAPL", "-t", "1m"), 4, "trademesh data catalog"),
    ],
)
def test_an_export_that_cannot_be_leaves_no_file(cli, folder, change, code, near):
    refused = cli("data", "export", "a.csv", *change)

    assert refused.code == code, refused.err
    assert refused.hint.startswith(f"try: {near}")
    assert list(folder.iterdir()) == []


def test_rows_that_are_refused_can_be_left_out(cli, folder):
    (folder / "old.csv").write_text(
        "Date;Open;High;Low;Last;Volume\n"
        "2024-01-02;10;11;9;10;100\n"
        "2024-01-03;10;9;11;10;100\n"
        "2024-01-04;10;11;9;10;100\n"
    )
    command = (
        *("data", "import", "old.csv", "-i", "OLD.XNAS", "-t", "1d"),
        *("--delimiter", ";", "--column", "close=Last"),
    )

    checked = cli(*command, "--dry-run")
    assert checked.code == 0, checked.err
    assert cli(*command).code == 11
    kept = cli(*command, "--skip-refused-rows")

    assert kept.code == 12
    assert kept.data["bar_count"] == "2"
    report = ("data", "report", kept.data["import_id"])
    assert [(row["line"], row["reason"]) for row in cli(*report, "--refused").data] == [
        ("3", "HIGH_BELOW_LOW")
    ]
    assert cli(*report).data == kept.data


def test_the_same_seed_makes_the_same_market_and_it_is_labelled(cli):
    terms = ("--start-date", "2024-01-02", "--sessions", "3", "--seed", "7", "--gaps", "100")
    for name in ("ONE", "TWO"):
        made = cli("data", "generate", "-i", f"{name}.SYNTHETIC", *terms)
        assert made.code == 0, made.err

    one, two = (cli("data", "export", "-", "-i", each, "-t", "1m").out for each in ("ONE", "TWO"))
    assert one == two
    sources = {each["instrument_id"]: each["source"] for each in cli("data", "catalog").data}
    assert sources["ONE.SYNTHETIC"] == "SYNTHETIC"
    assert sources["AAPL.XNAS"] == "sample"

    checked = cli("data", "check", "ONE")
    assert checked.code == 13
    found = checked.data[0]
    assert {each["kind"] for each in found["findings"]} == {"KIND_GAP"}
    assert found["bar_series"]["quality"]["finding_counts"]["GAP"] == str(len(found["findings"]))


def test_a_market_that_is_made_up_goes_to_no_real_venue(cli):
    terms = ("--start-date", "2024-01-02", "--sessions", "1")
    refused = cli("data", "generate", "-i", "FAKE.XNAS", *terms)
    assert refused.code == 4
    assert "[SYNTHETIC_VENUE_REQUIRED]" in refused.err


def test_the_sample_data_is_as_the_calendar_says(cli):
    checked = cli("data", "check", "AAPL")
    assert (checked.code, checked.data[0]["findings"]) == (0, [])
    assert checked.err == "nothing was found\n"


def test_quotes_are_made_listed_and_printed(cli):
    made = cli(
        *("data", "generate", "-i", "QUOTED.SYNTHETIC", "--content", "quotes"),
        *("--start-date", "2024-01-02", "--sessions", "1"),
    )
    printed = cli(
        *("data", "watch", "quotes", "QUOTED", "--start", "2024-01-02", "--no-follow"),
    )

    assert made.code == 0, made.err
    assert len(printed.lines) == int(made.data["tick_count"])
    assert all(each["bid"] < each["ask"] for each in printed.lines)
    kinds = {each["instrument_id"]: each["kind"] for each in cli("data", "catalog", "--ticks").data}
    assert kinds["QUOTED.SYNTHETIC"] == "TICK_KIND_QUOTES"


def test_bars_are_watched_until_ctrl_c(platform):
    command = [str(TRADEMESH), "data", "watch", "bars", "AAPL", "--quiet"]
    watching = subprocess.Popen(
        command,
        env=environment(platform.grpc, platform.token_file),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    last = watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate(timeout=30)

    assert '"close":430.47' in last
    assert (watching.returncode, said) == (130, "")
