"""Parquet files, good and bad: read by the same rules as text."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from adapters.parquet.uploads import ROWS, DiskUploads
from domain.market_data.files.bar_rows import BarRows
from domain.market_data.files.checked_rows import GoodRows, RowTerms
from domain.market_data.files.tick_rows import TickRows
from domain.market_data.imports import Content, FileRefused, Import
from tests.unit.market_data.house import APPLE, MINUTE

FIRST = 1_388_673_000 * 10**9
BAR = "10.0 AS open, 12.0 AS high, 9.0 AS low, 11.0 AS close, 500 AS volume"
HALF_PAST_TWO = "2014-01-02 14:30:00"


def written(folder: Path, query: str) -> Path:
    path = folder / "it's [a] file*.parquet"
    name = str(path).replace("'", "''")
    duckdb.connect().execute(f"COPY ({query}) TO '{name}' (FORMAT parquet)")
    return path


def read(
    path: Path,
    *,
    zone: str = "",
    timeframe: str = "1m",
    content: Content = Content.BARS,
    columns: dict[str, str] | None = None,
) -> list[GoodRows]:
    terms = RowTerms(APPLE, content, timeframe)
    checker = BarRows(terms) if content is Content.BARS else TickRows(terms)
    one = Import("imp", "local", "AAPL.XNAS", timeframe, zone, 0, columns=columns or {})
    count, rows = DiskUploads().parquet_rows(str(path), terms, one)
    found = [checker.take(piece) for piece in rows]
    assert count == sum(len(one.lines) + len(one.refused) + len(one.duplicates) for one in found)
    return found


def opens(found: list[GoodRows]) -> list[int]:
    return [ts for one in found for ts in one.columns.arrays[1].tolist()]


def refused(found: list[GoodRows]) -> list[tuple[int, str, str]]:
    return [(row.line, row.column, row.reason) for one in found for row in one.refused]


@pytest.mark.parametrize(
    ("time", "zone"),
    [
        (f"TIMESTAMPTZ '{HALF_PAST_TWO}+00'", ""),
        (f"TIMESTAMPTZ '{HALF_PAST_TWO}+00'", "Asia/Tokyo"),
        ("TIMESTAMP '2014-01-02 09:30:00'", "America/New_York"),
        (f"TIMESTAMP_NS '{HALF_PAST_TWO}'", "UTC"),
        (f"TIMESTAMP_MS '{HALF_PAST_TWO}'", "UTC"),
        (f"TIMESTAMP_S '{HALF_PAST_TWO}'", "UTC"),
        ("1388673000::BIGINT", ""),
        ("1388673000::INTEGER", ""),
        ("1388673000000::BIGINT", ""),
        ("1388673000000000::UBIGINT", ""),
        ("1388673000000000000::BIGINT", ""),
        ("'2014-01-02T14:30:00Z'", ""),
        ("'2014-01-02 09:30'", "America/New_York"),
    ],
)
def test_a_time_of_any_type_is_understood(tmp_path: Path, time: str, zone: str) -> None:
    assert opens(read(written(tmp_path, f"SELECT {time} AS time, {BAR}"), zone=zone)) == [FIRST]


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (f"TIMESTAMP '{HALF_PAST_TWO}'", "TIME_WITHOUT_ZONE"),
        ("DATE '2014-01-02'", "NOT_A_TIME"),
        ("NULL::TIMESTAMPTZ", "MISSING_VALUE"),
        ("'infinity'::TIMESTAMP", "NOT_A_TIME"),
        ("-5::BIGINT", "NOT_A_TIME"),
        ("TIMESTAMP '1700-01-01 00:00:00'", "OUTSIDE_RANGE"),
    ],
)
def test_a_time_that_is_no_good_is_named(tmp_path: Path, time: str, reason: str) -> None:
    found = read(written(tmp_path, f"SELECT {time} AS Date, {BAR}"))
    assert refused(found) == [(1, "Date", reason)]


def test_dates_are_sessions_of_daily_bars(tmp_path: Path) -> None:
    found = read(written(tmp_path, f"SELECT DATE '2014-01-02' AS date, {BAR}"), timeframe="1d")
    assert opens(found) == [FIRST]


@pytest.mark.parametrize(
    "kind", ["DOUBLE", "FLOAT", "DECIMAL(10, 4)", "VARCHAR", "TINYINT", "UINTEGER", "HUGEINT"]
)
def test_a_number_of_any_type_is_understood(tmp_path: Path, kind: str) -> None:
    bar = BAR.replace("11.0 AS close", f"CAST(11 AS {kind}) AS close")
    time = f"TIMESTAMPTZ '{HALF_PAST_TWO}+00'"
    [rows] = read(written(tmp_path, f"SELECT {time} AS time, {bar}"))
    assert rows.columns.arrays[5].tolist() == [11.0]


def test_single_precision_prices_come_out_as_their_decimals(tmp_path: Path) -> None:
    bar = BAR.replace("11.0 AS close", "10.1::FLOAT AS close")
    [rows] = read(written(tmp_path, f"SELECT 1388673000 AS time, {bar}"))
    assert rows.columns.arrays[5].tolist() == [10.1]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("NULL::DOUBLE", "MISSING_VALUE"),
        ("'nan'::DOUBLE", "NOT_A_NUMBER"),
        ("'inf'::DOUBLE", "NOT_A_NUMBER"),
        ("-1.0", "NOT_POSITIVE"),
        ("1e300::DOUBLE", "OUTSIDE_RANGE"),
        ("'ten'", "NOT_A_NUMBER"),
    ],
)
def test_a_value_that_is_no_good_is_named(tmp_path: Path, value: str, reason: str) -> None:
    bar = BAR.replace("11.0 AS close", f"{value} AS close")
    found = read(written(tmp_path, f"SELECT 1388673000 AS time, {bar}"))
    assert refused(found) == [(1, "close", reason)]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("close", "true"),
        ("close", "[1.0, 2.0]"),
        ("close", "{'a': 1.0}"),
        ("close", "'x'::BLOB"),
        ("close", "DATE '2014-01-02'"),
        ("time", "1.5::DOUBLE"),
        ("time", "TIME '09:30:00'"),
        ("time", "INTERVAL 1 DAY"),
    ],
)
def test_a_column_of_another_type_is_named(tmp_path: Path, column: str, value: str) -> None:
    query = f"SELECT 1388673000 AS time, {BAR}"
    query = f"SELECT * REPLACE ({value} AS {column}) FROM ({query})"
    with pytest.raises(FileRefused) as refusal:
        read(written(tmp_path, query))
    assert refusal.value.reason == "COLUMN_OF_WRONG_TYPE"
    assert refusal.value.facts["column"] == column


def test_a_missing_column_is_named_and_others_are_left_alone(tmp_path: Path) -> None:
    query = f'SELECT 1388673000 AS time, {BAR}, [1, 2] AS odd, 7 AS "a ""name"""'
    assert opens(read(written(tmp_path, query))) == [FIRST]
    with pytest.raises(FileRefused) as refusal:
        read(written(tmp_path, query.replace("AS close", "AS last")))
    assert (refusal.value.reason, refusal.value.facts["column"]) == ("MISSING_COLUMN", "close")
    named = {"close": 'a "name"', "time": "TIME"}
    [rows] = read(written(tmp_path, query.replace("7 AS", "10.5 AS")), columns=named)
    assert rows.columns.arrays[5].tolist() == [10.5]


def test_many_rows_come_in_pieces_and_in_order(tmp_path: Path) -> None:
    count = ROWS * 2 + 5
    query = f"SELECT 1388673000 + i * 60 AS time, {BAR} FROM range({count}) AS t(i)"
    found = read(written(tmp_path, query))
    assert len(found) > 2
    assert opens(found) == (FIRST + np.arange(count) * MINUTE).tolist()
    assert [line for one in found for line in one.lines.tolist()] == list(range(1, count + 1))


def test_quotes_and_trades(tmp_path: Path) -> None:
    path = written(tmp_path, "SELECT 1388673000 AS time, 10.5 AS price, 3 AS size")
    [trades] = read(path, content=Content.TRADES, timeframe="")
    assert [column.tolist() for column in trades.columns.arrays] == [[FIRST], [10.5], [3]]
    path = written(tmp_path, "SELECT 1388673000 AS time, NULL::DOUBLE AS bid, 10.5 AS ask")
    [quotes] = read(path, content=Content.QUOTES, timeframe="")
    assert [column.tolist()[0] for column in quotes.columns.arrays] == [FIRST, 0, 10.5, 0, 0]


def test_a_file_without_a_row_has_none(tmp_path: Path) -> None:
    assert read(written(tmp_path, f"SELECT 1388673000 AS time, {BAR} LIMIT 0")) == []


@pytest.mark.parametrize("data", [b"", b"PAR1", b"time,open\n", b"PAR1" + bytes(100) + b"PAR1"])
def test_what_is_no_parquet_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(data)
    with pytest.raises(FileRefused) as refusal:
        read(path)
    assert refusal.value.reason == "NOT_PARQUET"
    assert str(tmp_path) not in refusal.value.message


def test_a_damaged_file_is_refused_or_read_and_nothing_worse(tmp_path: Path) -> None:
    query = f"SELECT 1388673000 + i * 60 AS time, {BAR} FROM range(500) AS t(i)"
    whole = written(tmp_path, query).read_bytes()
    path = tmp_path / "damaged.parquet"
    reasons = set()
    for at in range(0, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            read(path)
        except FileRefused as refusal:
            reasons.add(refusal.reason)
    assert reasons <= {"NOT_PARQUET", "MISSING_COLUMN", "COLUMN_OF_WRONG_TYPE"}
    assert "NOT_PARQUET" in reasons
