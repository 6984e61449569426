"""Imports in full through Envoy: contents and formats, reports page by page, cancel, check."""

import base64
import gzip
import random
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.journeys.clients import Answer, Rest

HEADER = "time,open,high,low,close,volume"
DAYS = ("2020-01-02", "2020-01-03", "2020-01-07", "2020-01-08", "2020-01-09", "2020-01-10")


@pytest.fixture
def instrument() -> str:
    """One that nobody else imports into."""
    return f"T{random.randrange(10**9)}.XNAS"


def declared(rest: Rest, data: bytes, **terms: Any) -> Answer:
    return rest.post("/v1/imports", **{"import": terms, "data": base64.b64encode(data).decode()})


def imported(rest: Rest, data: bytes, **terms: Any) -> dict[str, Any]:
    """The import once it has ended."""
    answer = declared(rest, data, **terms)
    assert answer.status == 200, answer.json
    [*_, last] = rest.lines(f"/v1/imports/{answer.json['import']['import_id']}:watch")
    ended: dict[str, Any] = last["import"]
    return ended


def daily(*rows: str) -> bytes:
    return "\n".join((HEADER, *rows)).encode()


def test_a_packed_file_with_columns_of_its_own(rest: Rest, instrument: str) -> None:
    rows = [f"{day};10;12;9;7;11;500" for day in DAYS]
    text = "\n".join(("Day;Open;High;Low;Close;Adj Close;Volume", *rows))
    ended = imported(
        rest,
        gzip.compress(text.encode()),
        instrument_id=instrument,
        timeframe="1d",
        delimiter=";",
        columns={"time": "Day", "close": "Adj Close"},
    )
    assert (ended["state"], ended["bar_count"]) == ("STATE_SUCCEEDED", "6"), ended
    bars = rest.get(f"/v1/instruments/{instrument}/bars", timeframe="1d").json["bars"]
    assert {bar["close"] for bar in bars} == {11}


def test_the_report_of_what_is_odd(rest: Rest, instrument: str) -> None:
    rows = [f"{day},10,12,9,11,500" for day in (*DAYS, DAYS[-1])]
    ended = imported(rest, daily(*rows), instrument_id=instrument, timeframe="1d")
    assert ended["duplicate_row_count"] == "1"
    quality = ended["quality"]
    assert (quality["calendar"], quality["missing_bar_count"]) == ("XNYS", "1")
    assert quality["finding_counts"] == {"DUPLICATE": "1", "GAP": "1"}
    path = f"/v1/imports/{ended['import_id']}/findings"
    first = rest.get(path, page_size=1).json
    second = rest.get(path, page_size=1, page_token=first["next_page_token"]).json
    [gap], [double] = first["findings"], second["findings"]
    assert (gap["kind"], gap["start_time"], gap["count"]) == (
        "KIND_GAP",
        "2020-01-06T00:00:00Z",
        "1",
    )
    assert (double["kind"], double["line"]) == ("KIND_DUPLICATE", "8")
    assert second["next_page_token"] == ""


def test_every_refused_row_page_by_page_and_the_good_ones_kept(rest: Rest, instrument: str) -> None:
    rows = [
        f"2020-{month:02d}-{day:02d},10,12,9,x,5" for month in range(1, 9) for day in range(1, 29)
    ]
    terms = {"instrument_id": instrument, "timeframe": "1d", "skip_refused_rows": True}
    ended = imported(rest, daily("2019-12-31,10,12,9,11,500", *rows), **terms)
    assert (ended["state"], ended["bar_count"]) == ("STATE_SUCCEEDED", "1")
    assert (ended["refused_row_count"], len(ended["refused_rows"])) == ("224", 100)
    path, lines, token = f"/v1/imports/{ended['import_id']}/refused_rows", [], ""
    while True:
        page = rest.get(path, page_size=90, **({"page_token": token} if token else {})).json
        lines += [int(row["line"]) for row in page["refused_rows"]]
        token = page["next_page_token"]
        if not token:
            break
    assert lines == list(range(3, 227))


def test_parquet(rest: Rest, instrument: str, tmp_path: Path) -> None:
    path = tmp_path / "bars.parquet"
    duckdb.execute(
        "COPY (SELECT TIMESTAMPTZ '2020-01-02 14:30:00+00' + INTERVAL (i) MINUTE AS time,"
        " 10.0 AS open, 12.0 AS high, 9.0 AS low, 11.0 AS close, 5 AS volume"
        f" FROM range(30) AS t(i)) TO '{path}' (FORMAT parquet)"
    )
    terms = {"instrument_id": instrument, "timeframe": "1m", "format": "FORMAT_PARQUET"}
    ended = imported(rest, path.read_bytes(), **terms)
    assert (ended["state"], ended["bar_count"], ended["total_rows"]) == (
        "STATE_SUCCEEDED",
        "30",
        "30",
    )
    ended = imported(rest, b"PAR1 it is not", **terms)
    assert (ended["state"], ended["error_reason"]) == ("STATE_FAILED", "NOT_PARQUET")


def test_quotes_and_trades(rest: Rest, instrument: str) -> None:
    quotes = b"time,bid,ask\n2020-01-02T14:30:00Z,10,11\n2020-01-02T14:30:00Z,12,11\n"
    ended = imported(rest, quotes, instrument_id=instrument, content="CONTENT_QUOTES")
    assert (ended["state"], ended["tick_count"], ended["bar_count"]) == (
        "STATE_SUCCEEDED",
        "2",
        "0",
    )
    assert ended["quality"]["finding_counts"] == {"CROSSED_QUOTE": "1"}
    listed = rest.get(f"/v1/instruments/{instrument}/quotes").json["quotes"]
    assert [quote["bid"] for quote in listed] == [10, 12]
    trades = b"time,price,size\n2020-01-02T14:30:00Z,10,1\n2020-01-02T14:30:00Z,10,1\n"
    ended = imported(rest, trades, instrument_id=instrument, content="CONTENT_TRADES")
    assert (ended["state"], ended["tick_count"]) == ("STATE_SUCCEEDED", "2")
    assert len(rest.get(f"/v1/instruments/{instrument}/trades").json["trades"]) == 2


def test_an_upload_is_canceled(rest: Rest, instrument: str) -> None:
    terms = {"instrument_id": instrument, "timeframe": "1d"}
    import_id = declared(rest, b"", **terms).json["import"]["import_id"]
    path = f"/v1/imports/{import_id}:cancel"
    assert rest.post(path, validate_only=True).json["import"]["state"] == "STATE_CANCELED"
    assert rest.get(f"/v1/imports/{import_id}").json["import"]["state"] == "STATE_UPLOADING"
    assert rest.post(path).json["import"]["state"] == "STATE_CANCELED"
    again = rest.post(path)
    assert (again.status, again.reason) == (400, "IMPORT_ENDED")
    chunk = rest.post(f"/v1/imports/{import_id}/chunks", data="", last=True)
    assert (chunk.status, chunk.reason) == (400, "IMPORT_NOT_UPLOADING")


def test_terms_are_checked_without_declaring_anything(rest: Rest, instrument: str) -> None:
    before = rest.get("/v1/imports").json["imports"]
    terms = {"instrument_id": instrument, "timeframe": "1d", "columns": {"time": "Day"}}
    answer = rest.post("/v1/imports", validate_only=True, **{"import": terms})
    assert (answer.status, answer.json["import"]["import_id"]) == (200, "")
    assert rest.get("/v1/imports").json["imports"] == before
    bad = rest.post("/v1/imports", **{"import": terms | {"columns": {"adjusted": "Day"}}})
    assert (bad.status, bad.reason) == (400, "UNKNOWN_COLUMN")
    bad = rest.post("/v1/imports", **{"import": terms | {"content": "CONTENT_TRADES"}})
    assert bad.status == 400


def test_kept_bars_are_checked_and_the_catalogue_says_so(rest: Rest, instrument: str) -> None:
    rows = [f"{day},10,12,9,11,500" for day in DAYS]
    imported(rest, daily(*rows[:3]), instrument_id=instrument, timeframe="1d")
    assert quality_of(rest, instrument)["missing_bar_count"] == "1"
    imported(rest, daily(*rows[3:]), instrument_id=instrument, timeframe="1d")
    assert quality_of(rest, instrument) is None  # nobody looked at all of it yet
    path = f"/v1/instruments/{instrument}/bars:check"
    checked = rest.post(path, timeframe="1d").json
    assert [each["kind"] for each in checked["findings"]] == ["KIND_GAP"]
    assert checked["bar_series"]["quality"] == quality_of(rest, instrument)
    none = rest.post(path, timeframe="1m")
    assert (none.status, none.reason, none.fields) == (400, "NO_BARS", ["timeframe"])


def quality_of(rest: Rest, instrument: str) -> Any:
    token = ""
    while True:
        page = rest.get(
            "/v1/bar_series", page_size=1000, **({"page_token": token} if token else {})
        )
        for each in page.json["bar_series"]:
            if each["instrument_id"] == instrument:
                return each.get("quality")
        token = page.json["next_page_token"]
