"""CSV files made up from a seed, as odd as people and programs write them; and a simple oracle.

The oracle reads the file with Python's csv module, row by row, and says what a kept or refused row
has to have in it. It knows nothing of pieces, columns or the order in which faults are looked for.
"""

import csv
import gzip
import io
import itertools
import random
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.instruments import Instrument
from domain.market_data.columns import BarColumns
from domain.market_data.files.contents import COLUMNS, TIME, TIME_NAMES
from domain.market_data.imports import Content
from domain.market_data.timeframe import span_of
from tests.unit.market_data.files import ReadFile

START = datetime(2014, 3, 7, 14, 30, tzinfo=UTC)  # summer time begins two days later
ZONES = ("", "", "America/New_York", "Europe/London", "Asia/Tokyo", "UTC")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
EPOCHS = {9: 10**9, 10: 10**9, 12: 10**6, 13: 10**6, 15: 10**3, 16: 10**3, 18: 1, 19: 1}
ODD_NUMBERS = (
    *("", " ", "ten", "nan", "NaN", "inf", "-inf", "Infinity", "1e999", "-1", "0", "-0", "+0"),
    *(
        "1_000",
        "1,000",
        "١٠",
        "１０",
        "0x1F",
        "1e3",
        "1E+2",
        ".5",
        "5.",
        ".",
        "+",
        "1e",
        "--1",
        "$9",
    ),
    *("10%", "1 000", "1'000", "0.0000004", "1e-300", "1e15", "1e16", "2251799814", "9" * 400),
    *("1.5.2", "\u200b10", "10\u00a0", "\t11", "NULL", "#N/A", "TRUE", "1e5_0", "0b1", "1j"),
)
ODD_TIMES = (
    *("", " ", "soon", "2014-02-30T10:00:00Z", "2014-13-01T10:00:00Z", "2014-03-07T24:00:00Z"),
    *("2014-03-07T10:60:00Z", "2014-03-07", "20140307", "2014-3-7", "03/07/2014", "7.3.2014"),
    *("2014-03-09 02:30:00", "2014-11-02 01:30:00", "2014-03-30 01:30:00", "2014-03-07 09:30"),
    *("1700-01-01T00:00:00Z", "2200-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0000-00-00"),
    *("2014-03-07T14:30:00+25:00", "2014-03-07T14:30:00+0530", "2014-03-07T14:30:00.5Z"),
    *("2014-03-07T14:30:00,123456789Z", "2014-03-07T14:30:00.1234567891Z", "-1394202600", "1e9"),
    *("1394202600", "1394202600000", "1394202600000000", "1394202600000000000", "13942026"),
    *("٢٠١٤-٠٣-٠٧", "2014-03-07T14:30:00 UTC", "2014-03-07T14:30:00z", "2014-03-07  14:30:00Z"),
)
NOTES = (
    "",
    "x",
    "a, b",
    'say "hi"',
    'a "" b',
    "two\nlines",
    "\r\n",
    '5" pipe',
    "ünïcødé",
    "🦆",
    " ",
)
NOTES += ("a\tb;c|d", '"', '""', "x" * 300, "\u2028", "\x0b", "\x85", "'", "=1+1", "\ufeff")


class Case(Struct):
    """A file and how it is to be read."""

    data: bytes
    content: Content
    timeframe: str
    zone: str
    delimiter: str
    columns: dict[str, str]
    piece: int

    def read(self, instrument: Instrument) -> ReadFile:
        return ReadFile(
            self.data,
            instrument,
            self.timeframe,
            content=self.content,
            zone=self.zone,
            piece=self.piece,
            columns=self.columns,
            delimiter=self.delimiter,
        )


def a_case(seed: int) -> Case:
    """The same one for the same seed."""
    return _Maker(random.Random(seed)).case()


class _Maker:
    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.content = dice.choice((*[Content.BARS] * 6, Content.QUOTES, Content.TRADES))
        self.timeframe = ""
        if self.content is Content.BARS:
            self.timeframe = dice.choice(("1m", "1m", "5m", "1h", "1d"))
        self.zone = dice.choice(ZONES)
        self.delimiter = dice.choice((",", ",", ",", ";", "|", "\t"))
        self.oddness = dice.choice((0.0, 0.02, 0.1, 0.5))
        self.columns: dict[str, str] = {}

    def case(self) -> Case:
        text = self._text()
        data = text.encode("utf-8", "surrogatepass")
        return Case(
            data=self._packed(self._spoilt(data)),
            content=self.content,
            timeframe=self.timeframe,
            zone=self.zone,
            delimiter=self.delimiter,
            columns=self.columns,
            piece=self.dice.choice((1, 3, 17, 64, 1000, 1 << 20)),
        )

    def _text(self) -> str:
        dice = self.dice
        names = self._names()
        header = [self._header_name(name) for name in names]
        end = dice.choice(("\n", "\n", "\r\n", "\r"))
        lines = [self._line(header)]
        at = START
        for _ in range(dice.choice((0, 1, 2, 5, 12, 30))):
            at += timedelta(seconds=self._step())
            row = [self._value(name, at) for name in names]
            if self._is_odd():
                row = row[: dice.randrange(len(row))] if dice.random() < 0.5 else [*row, "7"]
            lines.append(self._line(row))
            if dice.random() < 0.1:
                lines.append(dice.choice(("", " ", lines[-1], lines[-1])))
        end_of_file = "" if dice.random() < 0.3 else end
        return dice.choice(("", "", "", "\ufeff", end)) + end.join(lines) + end_of_file

    def _names(self) -> list[str]:
        columns = COLUMNS[self.content]
        names = [
            TIME,
            *columns.required,
            *(one for one in columns.optional if self.dice.random() < 0.7),
        ]
        names += ["note"] * (self.dice.random() < 0.4)
        if self.dice.random() < 0.3:
            self.dice.shuffle(names)
        if self._is_odd() and self.dice.random() < 0.3:
            del names[self.dice.randrange(len(names))]
        if self._is_odd() and self.dice.random() < 0.3:
            names.append(self.dice.choice(names or ["x"]))
        return names or ["x"]

    def _header_name(self, name: str) -> str:
        dice = self.dice
        known = name in COLUMNS[self.content].names
        if known and dice.random() < 0.05:
            self.columns[name] = dice.choice((f"my {name}", f"{name.upper()}!", "note"))
            return self.columns[name]
        if name == TIME:
            name = dice.choice(TIME_NAMES)
        return dice.choice((name, name, name.upper(), name.title(), f" {name} "))

    def _step(self) -> int:
        if self._is_odd():
            return self.dice.choice((0, -60, 1, 30, -86_400, 10**7, 86_400))
        span = span_of(self.timeframe) // 10**9 if self.timeframe else 1
        return span * self.dice.choice((1, 1, 1, 2, 7))

    def _value(self, name: str, at: datetime) -> str:
        dice = self.dice
        if name == TIME:
            return dice.choice(ODD_TIMES) if self._is_odd() else self._time(at)
        if name == "note":
            return dice.choice(NOTES)
        if self._is_odd():
            return dice.choice(ODD_NUMBERS)
        usual = {"high": 12, "ask": 12, "low": 9, "bid": 9}.get(name, 10)
        number = usual + dice.randrange(0, 100) / 100
        return dice.choice((f"{number}", f"{number:.4f}", f" {number} ", f"+{number:e}"))

    def _time(self, at: datetime) -> str:
        dice = self.dice
        ts = int(at.timestamp())
        forms = [
            at.isoformat(),
            at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            at.strftime("%Y-%m-%d %H:%M:%S+00:00"),
            at.astimezone(ZoneInfo("America/New_York")).isoformat(" "),
            str(ts),
            f"{ts}000",
            f"{ts}000000000",
        ]
        if self.zone:
            forms += [at.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m-%d %H:%M:%S")] * 3
        if self.timeframe == "1d":
            forms += [at.date().isoformat(), at.strftime("%Y%m%d"), f"{at.date()}T00:00:00Z"]
        return dice.choice(forms)

    def _line(self, cells: list[str]) -> str:
        return self.delimiter.join(self._cell(cell) for cell in cells)

    def _cell(self, cell: str) -> str:
        must = any(sign in cell for sign in (self.delimiter, "\n", "\r")) or cell.startswith('"')
        if must or self.dice.random() < 0.1:
            if self._is_odd() and self.dice.random() < 0.1:
                return '"' + cell  # never closed, or wherever the next quote is
            return '"' + cell.replace('"', '""') + '"'
        return cell

    def _spoilt(self, data: bytes) -> bytes:
        dice = self.dice
        if dice.random() > 0.12 or not data:
            return data
        at = dice.randrange(len(data))
        odd = dice.choice(
            (b"\0", b"\xff", b"\xc3", b'"', b"\n", b"\r", b",", b"\xef\xbb\xbf", b"x" * 70_000)
        )
        return dice.choice((data[:at], data[:at] + odd + data[at:], data[at:] + data[:at]))

    def _packed(self, data: bytes) -> bytes:
        dice = self.dice
        chance = dice.random()
        if chance < 0.02:
            return data.decode("utf-8", "replace").encode(
                dice.choice(("utf-16", "utf-32", "utf-7"))
            )
        if chance > 0.12:
            return data
        packed = gzip.compress(data, 1)
        if dice.random() < 0.3:
            return packed[: dice.randrange(len(packed))]
        if dice.random() < 0.2:
            at = dice.randrange(2, len(packed))
            return packed[:at] + bytes([packed[at] ^ 1 << dice.randrange(8)]) + packed[at + 1 :]
        return packed

    def _is_odd(self) -> bool:
        return self.dice.random() < self.oddness


# ---- the oracle ----


def check(case: Case, found: ReadFile, instrument: Instrument) -> None:
    """Raises AssertionError where a row is not what the file says."""
    records = _records(case)
    lines = [row.line for row in found.refused] + [one.line for one in found.duplicates]
    lines += found.lines
    assert sorted(lines) == sorted(records), "every row is kept, refused or there already, once"
    named = dict(_header(case).items())
    if found.lines:
        _check_kept(case, found, records, named, instrument)
    for row in found.refused:
        assert row.reason.isupper()
        _check_refused(row.reason, row.column, row.value, records[row.line], named)


def _check_kept(
    case: Case,
    found: ReadFile,
    records: dict[int, list[str]],
    named: dict[str, int],
    instrument: Instrument,
) -> None:
    columns = found.columns
    is_bars = isinstance(columns, BarColumns)
    times = (columns.open_ts if isinstance(columns, BarColumns) else columns.ts).tolist()
    numbers = [
        column.tolist() for column in (columns.arrays[2:] if is_bars else columns.arrays[1:])
    ]
    least = 0 if not is_bars else 1 if case.timeframe == "1d" else span_of(case.timeframe)
    assert all(after - before >= least for before, after in itertools.pairwise(times))
    for at, line in enumerate(found.lines):
        cells = records[line]
        assert times[at] == _moment(cells[named[TIME]].strip(), case, instrument)
        for name, column in zip(COLUMNS[case.content].numbers, numbers, strict=True):
            text = cells[named[name]].strip() if name in named and named[name] < len(cells) else ""
            said = float(text) if text else 0.0
            if name not in ("volume", "size", "bid_size", "ask_size"):
                said = round(said, 6)
            assert column[at] == said, (line, name, text)


def _check_refused(
    reason: str, column: str, value: str, cells: list[str], named: dict[str, int]
) -> None:
    if reason == "TOO_MANY_VALUES":
        assert column == ""
        return
    text = value.strip()
    assert any(cell.strip()[:40].strip() == text for cell in [*cells, ""])
    if reason == "MISSING_VALUE":
        assert not text or float(text) <= 0.0000005  # neither side of a quote
    if reason == "NOT_A_NUMBER":
        assert len(value) == 40 or not NUMBER.fullmatch(text) or float(text) in (1e999, -1e999)
    if reason == "NOT_POSITIVE":
        assert float(text) <= 0.0000005


def _text(case: Case) -> str:
    data = case.data
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    if data in (b"\xef", b"\xef\xbb"):  # a mark that was cut off, and nothing behind it
        return ""
    return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _rows(case: Case) -> list[tuple[int, list[str]]]:
    """Each record that is not blank, with the line on which it begins."""
    text = io.StringIO(_text(case), newline="")
    lines = list(text)
    csv.field_size_limit(1 << 20)
    reader = csv.reader(iter(lines), delimiter=case.delimiter)
    rows, start = [], 0
    for cells in reader:
        if "".join(lines[start : reader.line_num]).strip():
            rows.append((start + 1, cells))
        start = reader.line_num
    return rows


def _records(case: Case) -> dict[int, list[str]]:
    return dict(_rows(case)[1:])


def _header(case: Case) -> dict[str, int]:
    rows = _rows(case)
    header = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    header = [
        cell[1:-1].strip() if cell[:1] == cell[-1:] == '"' and len(cell) > 1 else cell
        for cell in header
    ]
    places = {}
    for name in COLUMNS[case.content].names:
        names = (case.columns[name].strip().lower(),) if name in case.columns else (name,)
        if name == TIME and name not in case.columns:
            names = TIME_NAMES
        found = [at for at, cell in enumerate(header) if cell in names]
        if found:
            places[name] = found[0]
    return places


def _moment(text: str, case: Case, instrument: Instrument) -> int:
    """What a good time means, nanoseconds UTC."""
    daily = case.timeframe == "1d"
    here = ZoneInfo(instrument.timezone)
    if text.isdigit() and len(text) in EPOCHS:
        ts = int(text) * EPOCHS[len(text)]
        if not daily:
            return ts
        whole = datetime.fromtimestamp(ts // 10**9, UTC)
        return _session(whole.date() if ts % (86_400 * 10**9) == 0 else _date(ts, here), instrument)
    if daily and len(text) in (8, 10) and ":" not in text:
        return _session(date.fromisoformat(text), instrument)
    day, clock = _parted(text)
    base, fraction, offset = clock
    wall = datetime.fromisoformat(f"{day}T{base}")
    if offset:
        moment = datetime.fromisoformat(f"{day}T{base}{offset}")
    else:
        moment = wall.replace(tzinfo=ZoneInfo(case.zone))
    if daily and (wall.hour, wall.minute, wall.second, fraction) == (0, 0, 0, 0):
        return _session(wall.date(), instrument)
    ts = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 10**9 + fraction
    return _session(_date(ts, here), instrument) if daily else ts


def _parted(text: str) -> tuple[str, tuple[str, int, str]]:
    """The day; the clock to the second, its nanoseconds, and the offset."""
    found = re.fullmatch(
        r"(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:[.,](\d+))? ?(Z|UTC|[+-]\d\d:?\d*)?",
        text,
    )
    assert found is not None, text
    offset = (found[7] or "").replace("UTC", "Z")
    if offset and offset != "Z":
        offset = offset[:3] + ":" + (offset[3:].strip(":") or "00")
    day = "-".join(found.groups()[:3])
    fraction = int((found[6] or "").ljust(9, "0"))
    return day, (found[4] + (found[5] or ":00"), fraction, offset.replace("Z", "+00:00"))


def _date(ts: int, here: ZoneInfo) -> date:
    return datetime.fromtimestamp(ts // 10**9, here).date()


def _session(day: date, instrument: Instrument) -> int:
    return instrument.session_open_of(day)
