"""Some rows of a CSV file of bars, taken apart into columns and checked."""

import csv
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.market_data.csv_header import NUMBERS, TIME, Header
from domain.market_data.csv_times import CsvTimes

LARGEST_SCALED = 2.0**51  # up to here a float holds every decimal of a price
LARGEST_VOLUME = 1e15
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)

Column = Sequence[str]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Piece:
    """Columns, and of each row at fault the first fault found: column, reason, value."""

    def __init__(self, header: Header, lines: Sequence[str]) -> None:
        self.faults: dict[int, tuple[str, str, str]] = {}
        self.at_fault: Flags = np.zeros(len(lines), np.bool_)
        self.no_time: Flags = np.zeros(len(lines), np.bool_)
        self._header = header
        text = "".join(lines)
        # float() takes more than we do: 1_000 and digits of other scripts.
        self._plain = text.isascii() and "_" not in text
        rows = list(map(_quoted if '"' in text else _unquoted, lines))
        if set(map(len, rows)) != {header.width}:
            rows = [self._even(at, row, header.width) for at, row in enumerate(rows)]
        self._columns: list[Column] = list(zip(*rows, strict=True))

    def times(self, reader: CsvTimes) -> Ints:
        """Open times; 0 where there is none."""
        texts = self._column(TIME)
        opens, refused = reader.open_times(texts)
        for row, reason in refused.items():
            self.no_time[row] = True
            if not self.at_fault[row]:
                self.at_fault[row] = True
                self.faults[row] = self._header.names[TIME], reason, texts[row].strip()
        return np.array(opens, np.int64)

    def numbers(self, name: str) -> Floats:
        """One column of numbers; NaN where there is none."""
        texts = self._column(name)
        try:
            if self._plain:
                return np.fromiter(map(float, texts), np.float64, len(texts))
        except ValueError:
            pass
        return np.fromiter(map(_number, texts), np.float64, len(texts))

    def check(self, columns: list[Floats], scale: float) -> list[Floats]:
        """Names what no bar can have; prices come back as the floats nearest their decimals."""
        for name, values in zip(NUMBERS, columns, strict=True):
            self._check_readable(name, ~np.isfinite(values))
        *prices, volume = columns
        prices = [np.rint(price * scale) / scale for price in prices]
        for name, price in zip(NUMBERS, prices, strict=False):
            self.fault(price <= 0, name, "NOT_POSITIVE")
            self.fault(price * scale > LARGEST_SCALED, name, "OUTSIDE_RANGE")
        self.fault((volume < 0) | (volume > LARGEST_VOLUME), "volume", "OUTSIDE_RANGE")
        first, high, low, last = prices
        self.fault(high < low, "high", "HIGH_BELOW_LOW")
        self.fault((first < low) | (first > high), "open", "OUTSIDE_RANGE")
        self.fault((last < low) | (last > high), "close", "OUTSIDE_RANGE")
        return [*prices, volume]

    def fault(self, rows: Flags, name: str, reason: str) -> None:
        """These rows are at fault, unless they were before."""
        new = rows & ~self.at_fault
        if not new.any():
            return
        self.at_fault |= new
        texts = self._column(name)
        for row in np.flatnonzero(new).tolist():
            self.faults[row] = self._header.names[name], reason, texts[row].strip()

    def _check_readable(self, name: str, bad: Flags) -> None:
        if bad.any():
            blank = np.array([not text.strip() for text in self._column(name)], np.bool_)
            self.fault(bad & blank, name, "MISSING_VALUE")
            self.fault(bad & ~blank, name, "NOT_A_NUMBER")

    def _column(self, name: str) -> Column:
        return self._columns[self._header.places[name]]

    def _even(self, at: int, row: list[str], width: int) -> list[str]:
        """The row as wide as the header. One with more values than columns is at fault."""
        if any(value.strip() for value in row[width:]):
            self.at_fault[at] = True
            self.no_time[at] = True
            self.faults[at] = "", "TOO_MANY_VALUES", ",".join(row[width:])
        return row[:width] + [""] * (width - len(row))


def _unquoted(line: str) -> list[str]:
    return line.split(",")


def _quoted(line: str) -> list[str]:
    return next(csv.reader([line]))


def _number(text: str) -> float:
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else np.nan
