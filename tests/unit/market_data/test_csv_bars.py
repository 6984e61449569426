"""CSV files, good and bad: what becomes a bar, and how the rest is named."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.market_data.columns import BarColumns, check_bars
from domain.market_data.imports import FileRefused, RefusedRow
from domain.market_data.new_instruments import new_instrument
from tests.unit.market_data.files import ReadFile
from tests.unit.market_data.house import APPLE, MINUTE

HEADER = "time,open,high,low,close,volume"
START = datetime(2014, 1, 2, 14, 30, tzinfo=UTC)


def read(
    text: str | bytes, timeframe: str = "1m", zone: str = "", piece: int = 1 << 20
) -> ReadFile:
    data = text.encode() if isinstance(text, str) else text
    return ReadFile(data, APPLE, timeframe, zone=zone, piece=piece)


def bars(text: str | bytes, timeframe: str = "1m", zone: str = "") -> BarColumns:
    reader = read(text, timeframe, zone)
    assert reader.refused == []
    assert isinstance(reader.columns, BarColumns)
    check_bars(reader.columns)
    return reader.columns


def faults(text: str, timeframe: str = "1m") -> list[tuple[int, str, str, str]]:
    return [(row.line, row.column, row.reason, row.value) for row in read(text, timeframe).refused]


def rows(*lines: str) -> str:
    return "\n".join((HEADER, *lines)) + "\n"


def a_row(minute: int = 0, values: str = "10,12,9,11,500") -> str:
    return f"{(START + timedelta(minutes=minute)).isoformat()},{values}"


def test_a_plain_file() -> None:
    columns = bars(rows(a_row(0), a_row(1, "11,13,10.5,12.25,0")))
    first = int(START.timestamp()) * 10**9
    assert columns.open_ts.tolist() == [first, first + MINUTE]
    assert columns.ts.tolist() == [first + MINUTE, first + 2 * MINUTE]
    assert columns.open.tolist() == [10, 11]
    assert columns.high.tolist() == [12, 13]
    assert columns.low.tolist() == [9, 10.5]
    assert columns.close.tolist() == [11, 12.25]
    assert columns.volume.tolist() == [500, 0]


@pytest.mark.parametrize(
    "text",
    [
        "Volume,CLOSE,low,High,Open,TimeStamp\n500,11,9,12,10,{time}\n",
        "date,open,high,low,close,volume,adj close\n{time},10,12,9,11,500,7\n",
        '"datetime","open","high","low","close","volume"\n"{time}","10","12","9","11","500"\n',
        'note,time,open,high,low,close,volume\n"a, b",{time},10,12,9,11,500\n',
        "\ufefftime,open,high,low,close,volume\r\n{time},10,12,9,11,500\r\n",
        "time, open, high, low, close, volume\n{time}, 10, 12, 9, 11, 500",
        "\n\ntime,open,high,low,close,volume\n\n{time},1e1,12.0,+9,11.,500,\n\n",
    ],
    ids=["order and case", "more columns", "quoted", "comma", "windows", "spaces", "blank lines"],
)
def test_the_same_bar_in_many_hands(text: str) -> None:
    columns = bars(text.format(time=START.isoformat()))
    values = [column.tolist() for column in columns.arrays[2:]]
    assert values == [[10], [12], [9], [11], [500]]


def test_daily_bars_by_date_open_and_close_with_their_session() -> None:
    columns = bars(rows("2014-01-02,10,12,9,11,500", "2014-07-03,10,12,9,11,500"), "1d")
    moments = [datetime.fromtimestamp(ts / 1e9, UTC) for ts in columns.ts.tolist()]
    assert [at.isoformat() for at in moments] == [
        "2014-01-02T21:00:00+00:00",
        "2014-07-03T20:00:00+00:00",
    ]


def test_a_daily_bar_of_a_market_that_never_sleeps_lasts_to_midnight() -> None:
    bitcoin = new_instrument("BTC-USD.COIN")
    assert bitcoin is not None
    columns = ReadFile(rows("2014-01-02,10,12,9,11,500").encode(), bitcoin, "1d").columns
    assert isinstance(columns, BarColumns)
    assert int(columns.ts[0] - columns.open_ts[0]) == 24 * 60 * MINUTE


def test_prices_are_rounded_to_what_the_instrument_counts() -> None:
    columns = bars(rows(a_row(0, "0.1234567,0.2,0.1,0.15000049,1")))
    assert columns.open.tolist() == [0.123457]
    assert columns.close.tolist() == [0.15]


@pytest.mark.parametrize(
    ("values", "column", "reason", "value"),
    [
        ("ten,12,9,11,500", "open", "NOT_A_NUMBER", "ten"),
        ("10,12,9,11,many", "volume", "NOT_A_NUMBER", "many"),
        ("10,12,9,nan,500", "close", "NOT_A_NUMBER", "nan"),
        ("10,inf,9,11,500", "high", "NOT_A_NUMBER", "inf"),
        ("10,1_2,9,11,500", "high", "NOT_A_NUMBER", "1_2"),
        ("١٠,12,9,11,500", "open", "NOT_A_NUMBER", "١٠"),
        ("$10,12,9,11,500", "open", "NOT_A_NUMBER", "$10"),
        ('"1,000",1200,900,1100,500', None, None, None),
        ("10,12,9,11,0x1F", "volume", "NOT_A_NUMBER", "0x1F"),
        ("10,1e999,9,11,500", "high", "NOT_A_NUMBER", "1e999"),
        ("10,,9,11,500", "high", "MISSING_VALUE", ""),
        ("10,12,9,11", "volume", "MISSING_VALUE", ""),
        ("10", "high", "MISSING_VALUE", ""),
        ("10,12,9,11,500,600", "", "TOO_MANY_VALUES", "600"),
        ("-10,12,-10,11,500", "open", "NOT_POSITIVE", "-10"),
        ("10,12,0,11,500", "low", "NOT_POSITIVE", "0"),
        ("10,12,0.0000001,11,500", "low", "NOT_POSITIVE", "0.0000001"),
        ("10,12,9,11,-1", "volume", "OUTSIDE_RANGE", "-1"),
        ("10,1e13,9,11,500", "high", "OUTSIDE_RANGE", "1e13"),
        ("10,9,12,11,500", "high", "HIGH_BELOW_LOW", "9"),
        ("13,12,9,11,500", "open", "OUTSIDE_RANGE", "13"),
        ("8.99,12,9,11,500", "open", "OUTSIDE_RANGE", "8.99"),
        ("10,12,9,12.01,500", "close", "OUTSIDE_RANGE", "12.01"),
    ],
)
def test_a_bad_value_is_named_by_line_column_reason_and_value(
    values: str, column: str | None, reason: str | None, value: str | None
) -> None:
    text = rows(a_row(0), a_row(1, values), a_row(2))
    if reason is None:
        values = values.replace('"1,000"', "1,000")
        assert faults(text) == [(3, "open", "NOT_A_NUMBER", "1,000")]
    else:
        assert faults(text) == [(3, column, reason, value)]


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("", "MISSING_VALUE"),
        ("yesterday", "NOT_A_TIME"),
        ("2014-01-02T14:31:00", "TIME_WITHOUT_ZONE"),
        ("1700-01-02T14:31:00Z", "OUTSIDE_RANGE"),
        (START.isoformat(), "DUPLICATE_TIME"),
        ((START - timedelta(minutes=1)).isoformat(), "UNSORTED_TIME"),
        ((START + timedelta(seconds=59)).isoformat(), "OVERLAPPING_TIME"),
    ],
)
def test_a_bad_time_is_named_too(time: str, reason: str) -> None:
    text = rows(a_row(0), f"{time},10,12,9,11,501", a_row(2))
    assert faults(text) == [(3, "time", reason, time)]


def test_the_column_is_called_as_the_file_calls_it() -> None:
    text = f"Date,Open,HIGH,Low,Close,Vol,Volume\n{START.isoformat()},1,x,1,1,1,1\n"
    assert faults(text) == [(2, "HIGH", "NOT_A_NUMBER", "x")]


def test_a_row_is_counted_once_however_wrong_it_is() -> None:
    assert faults(rows("soon,x,,-1,nan,y")) == [(2, "time", "NOT_A_TIME", "soon")]


def test_a_wrong_time_does_not_condemn_the_rows_behind_it() -> None:
    text = rows(a_row(0), a_row(9), a_row(1), a_row(2))
    assert [(line, reason) for line, _, reason, _ in faults(text)] == [(3, "UNSORTED_TIME")]
    for piece in (1, 50, 90, 130):
        assert [row.line for row in read(text, piece=piece).refused] == [3]


def test_order_is_checked_across_pieces_and_blank_lines() -> None:
    text = rows(a_row(5), "", a_row(4), "", a_row(6))
    for piece in (1, 7, 64, 1000):
        reader = read(text, piece=piece)
        assert [(row.line, row.reason) for row in reader.refused] == [(4, "UNSORTED_TIME")]


def test_every_fault_is_told() -> None:
    reader = read(rows(*(a_row(n, "x,12,9,11,5") for n in range(250))), piece=999)
    assert [row.line for row in reader.refused] == list(range(2, 252))


def test_a_row_that_says_the_same_again_is_left_out() -> None:
    reader = read(rows(a_row(0), a_row(0), a_row(0), a_row(1)), piece=40)
    assert reader.refused == []
    assert [(one.line, one.kind.name) for one in reader.duplicates] == [
        (3, "DUPLICATE"),
        (4, "DUPLICATE"),
    ]
    assert reader.lines == [2, 5]


def test_the_same_written_otherwise_is_a_duplicate_too() -> None:
    reader = read(rows(a_row(0, "10,12,9,11,500"), a_row(0, "10.0,12.00,9,1.1e1, 500")))
    assert (len(reader.duplicates), len(reader.refused)) == (1, 0)


def test_a_row_is_compared_with_the_last_good_one_of_its_time() -> None:
    reader = read(rows(a_row(0), a_row(0, "10,12,9,11.5,500"), a_row(0), a_row(0, "x,1,1,1,1")))
    assert [(row.line, row.reason) for row in reader.refused] == [
        (3, "DUPLICATE_TIME"),
        (5, "DUPLICATE_TIME"),
    ]
    assert [one.line for one in reader.duplicates] == [4]


def test_a_bad_row_does_not_keep_the_good_one_of_its_time_out() -> None:
    reader = read(rows(a_row(0, "x,12,9,11,500"), a_row(0)))
    assert [(row.line, row.reason) for row in reader.refused] == [(2, "NOT_A_NUMBER")]
    assert reader.lines == [3]


def test_good_rows_know_how_many_were_lost_before_them() -> None:
    lines = [a_row(0), a_row(1, "x,1,1,1,1"), a_row(0, "9,12,9,11,500"), "soon,1,1,1,1,1", a_row(3)]
    for piece in (30, 1000):
        assert read(rows(*lines), piece=piece).lost == [0, 2]


def test_a_long_value_is_shortened() -> None:
    ((_, _, _, value),) = faults(rows(a_row(0, "x" * 500 + ",12,9,11,5")))
    assert value == "x" * 40


@pytest.mark.parametrize("column", ["time", "open", "high", "low", "close", "volume"])
def test_a_missing_column_is_named(column: str) -> None:
    names = [name for name in HEADER.split(",") if name != column]
    with pytest.raises(FileRefused) as refusal:
        read(",".join(names) + "\n1,2,3,4,5\n")
    assert (refusal.value.reason, refusal.value.facts) == ("MISSING_COLUMN", {"column": column})


@pytest.mark.parametrize("header", ["date,time,open,high,low,close,volume", f"{HEADER},Close"])
def test_two_columns_for_one_thing_are_refused(header: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        read(f"{header}\n")
    assert refusal.value.reason == "DUPLICATE_COLUMN"


@pytest.mark.parametrize("text", ["", "\n\n", HEADER, f"{HEADER}\n\n"])
def test_a_file_without_a_row_has_none(text: str) -> None:
    assert read(text).read_rows == 0


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n",
        rows(a_row()).encode("utf-16"),
        rows(a_row()).encode() + b"\xff",
        rows(a_row()).encode() + b"\0",
        rows(a_row()).encode() + b"\xc3",
    ],
    ids=["picture", "utf-16", "not utf-8", "zero byte", "cut character"],
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(FileRefused) as refusal:
        read(data)
    assert refusal.value.reason == "NOT_TEXT"


# A simple reader, row by row, to compare with.

VALUES = st.sampled_from(
    ["10", "12.5", "9", "11", "0", "-3", "x", "", "nan", "1e2", "7_0", " 10 ", "0.0000004", "1e14"]
)
STEPS = st.sampled_from(["1", "1", "1", "2", "0", "-1", "half", "text", "no zone", ""])
ROWS = st.lists(st.tuples(STEPS, VALUES, VALUES, VALUES, VALUES, VALUES), min_size=1, max_size=25)


def written(drawn: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    at, lines = START, []
    for step, *values in drawn:
        time = {"text": "soon", "no zone": "2014-01-02T00:00", "": ""}.get(step)
        if time is None:
            at += timedelta(minutes=0.5 if step == "half" else int(step))
            time = at.isoformat()
        lines.append((time, *values))
    return lines


def time_of(text: str) -> datetime | None:
    return None if text in ("", "soon", "2014-01-02T00:00") else datetime.fromisoformat(text)


def simple_times(lines: list[tuple[str, ...]], at: int, last: datetime | None) -> str | None:
    """Why the time of row `at` is no good, the last good one being `last`."""
    text = lines[at][0]
    time = time_of(text)
    if time is None:
        reasons = {"": "MISSING_VALUE", "soon": "NOT_A_TIME"}
        return reasons.get(text, "TIME_WITHOUT_ZONE")
    step = timedelta(minutes=1) if last is None else time - last
    if step < timedelta(minutes=1):
        late = "UNSORTED_TIME" if step < timedelta() else "OVERLAPPING_TIME"
        return "DUPLICATE_TIME" if step == timedelta() else late
    behind = [time_of(row[0]) for row in lines[at + 1 : at + 3]]
    if len(behind) == 2 and all(one is not None and one < time for one in behind):
        assert behind[0] is not None
        if last is None or behind[0] - last >= timedelta(minutes=1):
            return "UNSORTED_TIME"
    return None


def simple_values(values: tuple[str, ...]) -> tuple[str, str] | None:
    numbers = []
    for name, text in zip(HEADER.split(",")[1:], values, strict=True):
        if not text.strip():
            return name, "MISSING_VALUE"
        if text in ("x", "nan", "7_0"):
            return name, "NOT_A_NUMBER"
        numbers.append(round(float(text), 6))
    return simple_price_fault(*numbers)


def simple_price_fault(
    first: float, high: float, low: float, last: float, volume: float
) -> tuple[str, str] | None:
    for name, price in zip(("open", "high", "low", "close"), (first, high, low, last), strict=True):
        if price <= 0:
            return name, "NOT_POSITIVE"
        if price > 1e9:
            return name, "OUTSIDE_RANGE"
    if volume < 0:
        return "volume", "OUTSIDE_RANGE"
    if high < low:
        return "high", "HIGH_BELOW_LOW"
    for name, price in (("open", first), ("close", last)):
        if not low <= price <= high:
            return name, "OUTSIDE_RANGE"
    return None


@given(drawn=ROWS, piece=st.integers(1, 400))
def test_any_file_reads_as_a_simple_reader_would(drawn: list[tuple[str, ...]], piece: int) -> None:
    lines = written(drawn)
    expected, doubles = [], []
    good: list[list[float]] = []
    last: datetime | None = None
    for at, (text, *values) in enumerate(lines):
        wrong_time, wrong = simple_times(lines, at, last), simple_values(tuple(values))
        fault = ("time", wrong_time) if wrong_time else wrong
        numbers = None if wrong else [round(float(value), 6) for value in values]
        if wrong_time == "DUPLICATE_TIME" and numbers == good[-1]:
            doubles.append(at + 2)
        elif fault:
            value = lines[at][HEADER.split(",").index(fault[0])].strip()
            expected.append(RefusedRow(at + 2, *fault, value))
        else:
            assert numbers is not None
            good.append(numbers)
            last = time_of(text)
    reader = read(rows(*(",".join(row) for row in lines)), piece=piece)
    assert reader.refused == expected
    assert [one.line for one in reader.duplicates] == doubles
    assert reader.read_rows == len(lines)
    columns = reader.columns.arrays[2:] if reader.lines else [np.empty(0)] * 5
    assert [list(row) for row in zip(*(c.tolist() for c in columns), strict=True)] == good
