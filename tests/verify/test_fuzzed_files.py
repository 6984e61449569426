"""Tens of thousands of made-up files: each is read as it is written, or refused with a reason."""

import random
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from adapters.parquet.uploads import DiskUploads
from domain.market_data.files.bar_rows import BarRows
from domain.market_data.files.checked_rows import RowTerms
from domain.market_data.files.contents import COLUMNS
from domain.market_data.files.tick_rows import TickRows
from domain.market_data.imports import Content, FileRefused, Import
from tests.unit.market_data.csv_cases import ODD_TIMES, a_case, check
from tests.unit.market_data.house import APPLE

FIRST = 1_000  # those before are read by the unit tests
CASES = 42_000
PARTS = 12
PARQUET_CASES = 1_500
TYPES = (
    *("DOUBLE", "FLOAT", "DECIMAL(12,4)", "BIGINT", "VARCHAR", "INTEGER", "HUGEINT", "UTINYINT"),
    *("BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_NS", "TIME", "BLOB", "DOUBLE[]"),
    *("STRUCT(a DOUBLE)", "INTERVAL", "UUID", "MAP(VARCHAR, DOUBLE)"),
)
REFUSALS = {"NOT_PARQUET", "MISSING_COLUMN", "COLUMN_OF_WRONG_TYPE", "DUPLICATE_COLUMN"}


@pytest.mark.parametrize("part", range(PARTS))
def test_any_csv_file_is_read_as_it_is_written(part: int) -> None:
    told: Counter[str] = Counter()
    share = CASES // PARTS
    for seed in range(FIRST + part * share, FIRST + (part + 1) * share):
        case = a_case(seed)
        try:
            found = case.read(APPLE)
        except FileRefused as refusal:
            told[refusal.reason] += 1
            continue
        try:
            check(case, found, APPLE)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
        told["kept"] += len(found.lines)
        told["duplicates"] += len(found.duplicates)
        told.update(row.reason for row in found.refused)
    assert told["kept"] > share
    assert len(told) > 15, told


def test_any_parquet_file_is_read_or_refused_with_a_reason(tmp_path: Path) -> None:
    told: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    duck = duckdb.connect(config={"threads": 1})
    for seed in range(PARQUET_CASES):
        dice = random.Random(seed)
        content = dice.choice(list(Content))
        path = tmp_path / "file.parquet"
        duck.execute(f"COPY ({a_query(dice, content)}) TO '{path}' (FORMAT parquet)")
        spoil(path, dice)
        try:
            rows = read(path, content, dice.choice(("", "America/New_York")))
        except FileRefused as refusal:
            refused[refusal.reason] += 1
        else:
            told.update(rows)
    assert told["kept"] > PARQUET_CASES / 10
    assert "NOT_A_TIME" in told
    assert {"NOT_PARQUET", "MISSING_COLUMN", "COLUMN_OF_WRONG_TYPE"} <= set(refused) <= REFUSALS


def read(path: Path, content: Content, zone: str) -> Counter[str]:
    timeframe = "1m" if content is Content.BARS else ""
    terms = RowTerms(APPLE, content, timeframe)
    checker = BarRows(terms) if content is Content.BARS else TickRows(terms)
    one = Import("imp", "local", "AAPL.XNAS", timeframe, zone, 0)
    count, rows = DiskUploads().parquet_rows(str(path), terms, one)
    told: Counter[str] = Counter()
    for piece in rows:
        good = checker.take(piece)
        told["kept"] += len(good.lines)
        told["duplicates"] += len(good.duplicates)
        told.update(row.reason for row in good.refused)
    assert told.total() == count
    return told


def a_query(dice: random.Random, content: Content) -> str:
    names = [*COLUMNS[content].names, "note"]
    if dice.random() < 0.1:
        names.remove(dice.choice(names))
    columns = ", ".join(f'{a_value(dice, name)} AS "{name}"' for name in names)
    return f"SELECT {columns} FROM range({dice.choice((0, 1, 7, 40))}) AS t(i)"


def a_value(dice: random.Random, name: str) -> str:
    if dice.random() < 0.04:
        return f"NULL::{dice.choice(TYPES)}"
    if name == "note" or dice.random() < 0.02:
        return f"TRY_CAST(i::VARCHAR AS {dice.choice(('VARCHAR', 'DOUBLE', 'BOOLEAN', 'BLOB'))})"
    if name == "time":
        text = dice.choice(ODD_TIMES).replace("'", "''")
        usual = "TIMESTAMP '2014-01-02 14:30:00' + INTERVAL (i) MINUTE"
        usual = f"CAST({usual} AS {dice.choice(('TIMESTAMP', 'TIMESTAMP_NS', 'TIMESTAMPTZ'))})"
        epoch = f"1388673000{dice.choice(('', '000', '000000'))}::BIGINT + i"
        return dice.choice((usual, usual, usual, epoch, f"'{text}'"))
    number = {"high": 12, "ask": 12, "low": 9, "bid": 9}.get(name, 10)
    kind = dice.choice(("DOUBLE", "FLOAT", "DECIMAL(12,4)", "BIGINT", "VARCHAR", "DOUBLE"))
    odd = dice.choice(
        ("'nan'::DOUBLE", "-1.0", "0", "1e300", "'inf'::FLOAT", "'x'", "NULL::DOUBLE")
    )
    return odd if dice.random() < 0.05 else f"CAST({number} AS {kind})"


def spoil(path: Path, dice: random.Random) -> None:
    if dice.random() < 0.6:
        return
    data = bytearray(path.read_bytes())
    for _ in range(dice.choice((1, 1, 4))):
        at = dice.randrange(len(data))
        data[at] ^= 1 << dice.randrange(8)
    if dice.random() < 0.3:
        del data[dice.randrange(len(data)) :]
    path.write_bytes(data)
