"""Bars from CSV text, piece by piece: every row becomes a bar or is named with what is wrong."""

import codecs
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from domain.instruments import Instrument
from domain.market_data.columns import BarColumns
from domain.market_data.csv_header import NUMBERS, TIME, Header, read_header
from domain.market_data.csv_piece import Floats, Ints, Piece
from domain.market_data.csv_times import CsvTimes
from domain.market_data.imports import FileRefused, RefusedRow
from domain.market_data.timeframe import DAILY, span_of

MOST_REFUSED = 100  # rows at fault that are told in detail
LONGEST_LINE = 65_536
LONGEST_VALUE = 40

T = TypeVar("T", bound=np.generic)


class CsvBars:
    """Reads a CSV file of bars: `feed` it in pieces of any size, then `finish`.

    The time column is when a bar opens (CsvTimes says how it is written). One line is one bar and
    empty lines are skipped. Times must rise from row to row, by the timeframe at least. A row at
    fault is counted once, for the first fault found: its time, a value that cannot be read, a value
    that no bar can have.
    """

    def __init__(self, instrument: Instrument, timeframe: str, time_zone: str = "") -> None:
        self.read_rows = 0
        self.refused: list[RefusedRow] = []
        self.refused_count = 0
        self._instrument = instrument
        self._daily = timeframe == DAILY
        self._span = span_of(timeframe)
        self._times = CsvTimes(instrument, timeframe, time_zone)
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._rest = ""
        self._line = 0
        self._header: Header | None = None
        self._last_ts: int | None = None
        self._opens: list[Ints] = []
        self._numbers: tuple[list[Floats], ...] = tuple([] for _ in NUMBERS)

    def feed(self, data: bytes) -> None:
        """Take the next bytes in. Raises FileRefused; then this reader is of no more use."""
        self._take(self._text(data, final=False).split("\n"))

    def finish(self) -> BarColumns:
        """The bars of all rows that are sound; look at `refused_count` before keeping them.

        Raises FileRefused (EMPTY_FILE when there is no row).
        """
        self._take([*self._text(b"", final=True).split("\n"), ""])
        if self._header is None or not self.read_rows:
            raise FileRefused("the file has no row", reason="EMPTY_FILE")
        opens = _joined(self._opens)
        numbers = [_joined(pieces) for pieces in self._numbers]
        return BarColumns(self._closes(opens), opens, *numbers)

    def _text(self, data: bytes, *, final: bool) -> str:
        try:
            text = self._rest + self._decoder.decode(data, final)
        except UnicodeDecodeError:
            raise FileRefused(f"not UTF-8 text, near line {self._line + 1}") from None
        if "\0" in text:
            raise FileRefused(f"not text: a zero byte, near line {self._line + 1}")
        return text.replace("\r", "")

    def _take(self, lines: list[str]) -> None:
        self._rest = lines.pop()
        longest = max(map(len, lines), default=0)
        if max(longest, len(self._rest)) > LONGEST_LINE:
            raise FileRefused(f"a line is longer than {LONGEST_LINE} characters")
        first = self._line + 1
        self._line += len(lines)
        numbers = [at for at, line in enumerate(lines, first) if line and not line.isspace()]
        rows = [lines[at - first] for at in numbers]
        if self._header is None and rows:
            self._header = read_header(rows[0])
            del rows[0], numbers[0]
        if self._header is not None and rows:
            self._read(self._header, numbers, rows)

    def _read(self, header: Header, numbers: list[int], lines: list[str]) -> None:
        piece = Piece(header, lines)
        opens = piece.times(self._times)
        columns = [piece.numbers(name) for name in NUMBERS]
        self._check_order(piece, opens)
        columns = piece.check(columns, float(self._instrument.price_factor))
        self.read_rows += len(lines)
        self._refuse(piece, numbers)
        sound = ~piece.at_fault
        self._opens.append(opens[sound])
        for pieces, column in zip(self._numbers, columns, strict=True):
            pieces.append(column[sound])

    def _check_order(self, piece: Piece, opens: Ints) -> None:
        """Each readable time against the readable one before it, over pieces."""
        readable = ~piece.no_time
        times = opens[readable]
        if not len(times):
            return
        before = times[0] - self._span if self._last_ts is None else self._last_ts
        steps = np.full(len(opens), self._span)
        steps[readable] = np.diff(times, prepend=before)
        piece.fault(steps == 0, TIME, "DUPLICATE_TIME")
        piece.fault(steps < 0, TIME, "UNSORTED_TIME")
        if not self._daily:
            piece.fault(steps < self._span, TIME, "OVERLAPPING_TIME")
        self._last_ts = int(times[-1])

    def _refuse(self, piece: Piece, numbers: list[int]) -> None:
        self.refused_count += len(piece.faults)
        for row in sorted(piece.faults)[: MOST_REFUSED - len(self.refused)]:
            column, reason, value = piece.faults[row]
            self.refused.append(RefusedRow(numbers[row], column, reason, value[:LONGEST_VALUE]))

    def _closes(self, opens: Ints) -> Ints:
        if not self._daily:
            return opens + self._span
        close_after = self._instrument.session_close_after
        return np.array([close_after(ts) for ts in opens.tolist()], np.int64)


def _joined(pieces: list[NDArray[T]]) -> NDArray[T]:
    """One column of its pieces, which are let go: a large file fills the memory once, not twice."""
    column = np.concatenate(pieces)
    pieces.clear()
    return column
