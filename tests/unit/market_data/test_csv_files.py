"""Files as people have them: packed, mapped, parted by other signs, with quotes over lines."""

import gzip

import pytest

from domain.market_data.files.unpacked import PIECE
from domain.market_data.imports import Content, FileRefused
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.trade_columns import TradeColumns
from tests.unit.market_data.files import ReadFile
from tests.unit.market_data.house import APPLE

HEADER = "time,open,high,low,close,volume"
BARS = [f"2014-01-02T14:{minute}:00Z,10,12,9,11,{minute}" for minute in range(30, 60)]
FILE = "\n".join((HEADER, *BARS)) + "\n"


def volumes(data: bytes, **named) -> list[float]:
    return ReadFile(data, APPLE, **named).columns.volume.tolist()


@pytest.mark.parametrize("piece", [1, 3, 100, 1 << 20])
def test_a_packed_file_reads_as_the_file(piece: int) -> None:
    assert volumes(gzip.compress(FILE.encode()), piece=piece) == list(range(30, 60))


def test_files_packed_one_by_one_and_put_together_are_one() -> None:
    middle = len(FILE) // 2
    packed = gzip.compress(FILE[:middle].encode()) + gzip.compress(FILE[middle:].encode())
    assert volumes(packed) == volumes(packed + b"\0" * 512, piece=7) == list(range(30, 60))


@pytest.mark.parametrize("cut", [2, 5, 11, 40, -1, -8])
def test_a_packed_file_that_ends_too_early_is_broken(cut: int) -> None:
    with pytest.raises(FileRefused) as refusal:
        ReadFile(gzip.compress(FILE.encode())[:cut], APPLE)
    assert refusal.value.reason == "BROKEN_GZIP"


def test_a_packed_file_with_a_wrong_byte_is_broken() -> None:
    packed = bytearray(gzip.compress(FILE.encode()))
    packed[-6] ^= 1
    with pytest.raises(FileRefused) as refusal:
        ReadFile(bytes(packed), APPLE)
    assert refusal.value.reason == "BROKEN_GZIP"


def test_however_well_it_is_packed_it_comes_in_small_pieces() -> None:
    blank = gzip.compress((HEADER + "\n" + "\n" * 3_000_000 + BARS[0]).encode())
    reader = ReadFile(blank, APPLE)
    assert reader.lines == [3_000_002]
    assert len(blank) < PIECE


@pytest.mark.parametrize("sign", [";", "|", "\t"])
def test_another_sign_may_part_the_values(sign: str) -> None:
    assert volumes(FILE.replace(",", sign).encode(), delimiter=sign) == list(range(30, 60))


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("piece", [1, 50])
def test_lines_end_in_any_manner(end: str, piece: int) -> None:
    reader = ReadFile(FILE.replace("\n", end).encode(), APPLE, piece=piece)
    assert reader.lines == list(range(2, 32))


NOTES = f'''note,{HEADER}
"two
lines, and a ""quote""",{BARS[0]}
5" pipe,{BARS[1]}
"",{BARS[2]}
"a
b
c",{BARS[3]}
'''


@pytest.mark.parametrize("piece", [1, 2, 9, 1000])
def test_a_quoted_value_may_go_over_lines(piece: int) -> None:
    reader = ReadFile(NOTES.encode(), APPLE, piece=piece)
    assert reader.refused == []
    assert reader.lines == [2, 4, 5, 6]


def test_a_quote_that_is_never_closed_is_read_to_the_end() -> None:
    reader = ReadFile(f'{HEADER}\n{BARS[0]}\n"{BARS[1]}\n{BARS[2]}'.encode(), APPLE)
    assert [(row.line, row.reason) for row in reader.refused] == [(3, "NOT_A_TIME")]


@pytest.mark.parametrize("text", ["x" * 70_000, HEADER + '\n"' + "x\n" * 40_000])
def test_a_row_without_an_end_is_refused(text: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        ReadFile(text.encode(), APPLE)
    assert refusal.value.reason == "ROW_TOO_LONG"


def test_columns_are_found_by_the_names_that_are_given() -> None:
    rows = [row.replace(",11,", ",11,5,") for row in BARS]
    text = "\n".join(("Date,open,high,low,Adj Close,Vol.,close", *rows))
    named = {"time": "date", "close": "Adj Close", "volume": "vol."}
    reader = ReadFile(text.encode(), APPLE, columns=named)
    assert reader.refused == []
    assert reader.columns.volume.tolist() == [5.0] * 30


def test_a_named_column_that_is_not_there_is_named() -> None:
    with pytest.raises(FileRefused) as refusal:
        ReadFile(FILE.encode(), APPLE, columns={"close": "Adj Close"})
    assert (refusal.value.reason, refusal.value.facts) == (
        "MISSING_COLUMN",
        {"column": "Adj Close"},
    )


QUOTES = """time,bid,ask,bid_size,ask_size
2014-01-02T14:30:00.1Z,10.01,10.03,100,200
2014-01-02T14:30:00.1Z,10.01,10.03,100,200
2014-01-02T14:30:00.2Z,,10.03,,200
2014-01-02T14:30:00.3Z,10.02,,50,
2014-01-02T14:30:00.4Z,,,,
2014-01-02T14:30:00.5Z,-1,10,1,1
2014-01-02T14:30:00.6Z,10,ten,1,1
2014-01-02T14:30:00.0Z,10,11,1,1
2014-01-02T14:30:00.7Z,10,11,-1,1
2014-01-02T14:30:00.8Z,10.05,10.04,1,1
"""


def test_quotes_may_have_one_side_and_come_many_at_once() -> None:
    reader = ReadFile(QUOTES.encode(), APPLE, "", content=Content.QUOTES)
    assert [(row.line, row.column, row.reason) for row in reader.refused] == [
        (6, "bid", "MISSING_VALUE"),
        (7, "bid", "NOT_POSITIVE"),
        (8, "ask", "NOT_A_NUMBER"),
        (9, "time", "UNSORTED_TIME"),
        (10, "bid_size", "OUTSIDE_RANGE"),
    ]
    columns = reader.columns
    assert isinstance(columns, QuoteColumns)
    assert columns.bid.tolist() == [10.01, 10.01, 0, 10.02, 10.05]
    assert columns.ask.tolist() == [10.03, 10.03, 10.03, 0, 10.04]
    assert columns.ask_size.tolist() == [200, 200, 200, 0, 1]


def test_quotes_without_sizes_have_none() -> None:
    text = "time,bid,ask\n2014-01-02T14:30:00Z,10,11\n"
    columns = ReadFile(text.encode(), APPLE, "", content=Content.QUOTES).columns
    assert [column.tolist() for column in columns.arrays[1:]] == [[10], [11], [0], [0]]


TRADES = """time,price,size
1388673000000000001,10.5,100
1388673000000000001,10.5,100
1388673000000000002,0,100
1388673000000000003,,100
1388673000000000004,11,
1388673000000000005,11,1e16
1388673000000000006,11.0000001,0.5
"""


def test_trades() -> None:
    reader = ReadFile(TRADES.encode(), APPLE, "", content=Content.TRADES)
    assert [(row.line, row.column, row.reason) for row in reader.refused] == [
        (4, "price", "NOT_POSITIVE"),
        (5, "price", "MISSING_VALUE"),
        (6, "size", "MISSING_VALUE"),
        (7, "size", "OUTSIDE_RANGE"),
    ]
    columns = reader.columns
    assert isinstance(columns, TradeColumns)
    assert [column.tolist() for column in columns.arrays] == [
        [1388673000000000001, 1388673000000000001, 1388673000000000006],
        [10.5, 10.5, 11],
        [100, 100, 0.5],
    ]
