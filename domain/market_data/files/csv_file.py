"""A CSV file of bars, quotes or trades, piece by piece: every row is good or is named."""

import csv
from collections.abc import Iterator, Mapping

import numpy as np

from domain.market_data.files.checked_rows import RowTerms
from domain.market_data.files.contents import COLUMNS, TIME
from domain.market_data.files.csv_header import Header, read_header
from domain.market_data.files.csv_text import CsvText
from domain.market_data.files.csv_times import CsvTimes
from domain.market_data.files.raw_rows import Broken, Ints, RawRows
from domain.market_data.files.text_rows import TextRows

AHEAD = 2  # rows that are held back: the one before may be judged by them
DELIMITERS = (",", ";", "|", "\t")


class CsvFile:
    """`feed` it in pieces of any size, then `finish`; both give the rows as they were found.

    The time column is when a bar opens (CsvTimes says how it is written). `columns` are names of
    the file by ours. Raises FileRefused; after that it is of no more use.
    """

    def __init__(
        self,
        terms: RowTerms,
        *,
        time_zone: str = "",
        columns: Mapping[str, str] | None = None,
        delimiter: str = ",",
    ) -> None:
        self._columns = COLUMNS[terms.content]
        self._named = columns or {}
        self._delimiter = delimiter
        self._text = CsvText(delimiter)
        self._times = CsvTimes(terms.instrument, terms.timeframe, time_zone)
        self._header: Header | None = None
        self._held: tuple[Ints, list[str]] = (np.empty(0, np.int64), [])

    def feed(self, data: bytes) -> Iterator[RawRows]:
        """Take the next bytes in."""
        for lines, records in self._text.feed(data):
            yield from self._rows(lines, records, final=False)

    def finish(self) -> Iterator[RawRows]:
        """The last rows. A file without a header has none."""
        for lines, records in self._text.finish():
            yield from self._rows(lines, records, final=False)
        yield from self._rows(np.empty(0, np.int64), [], final=True)

    def _rows(self, lines: Ints, records: list[str], *, final: bool) -> Iterator[RawRows]:
        if self._header is None and records:
            found = next(csv.reader([records[0]], delimiter=self._delimiter), [])
            self._header = read_header(found, self._columns, self._named)
            lines, records = lines[1:], records[1:]
        if self._header is None or not (records or final):
            return
        lines, records = np.concatenate((self._held[0], lines)), self._held[1] + records
        told = len(records) if final else max(0, len(records) - AHEAD)
        self._held = lines[told:], records[told:]
        if told:
            yield self._taken_apart(self._header, lines[:told], records[:told])

    def _taken_apart(self, header: Header, lines: Ints, records: list[str]) -> RawRows:
        """Values that are not there are blank; a row with more values than columns is no good."""
        text, delimiter = "".join(records), self._delimiter
        if '"' in text:
            rows = [next(csv.reader([record], delimiter=delimiter)) for record in records]
        else:
            rows = [record.split(delimiter) for record in records]
        misshapen: dict[int, Broken] = {}
        if set(map(len, rows)) != {header.width}:
            for at, row in enumerate(rows):
                if any(value.strip() for value in row[header.width :]):
                    more = delimiter.join(row[header.width :])
                    misshapen[at] = Broken("", "TOO_MANY_VALUES", more)
                rows[at] = row[: header.width] + [""] * (header.width - len(row))
        return TextRows(
            header,
            list(zip(*rows, strict=True)),
            lines,
            self._times,
            plain=text.isascii() and "_" not in text,
            misshapen=misshapen,
            ahead=[self._time_of(header, record) for record in self._held[1]],
        )

    def _time_of(self, header: Header, record: str) -> str:
        """What stands as time in a record; nothing where it has another shape than the header."""
        row = next(csv.reader([record], delimiter=self._delimiter))
        is_whole = not any(value.strip() for value in row[header.width :])
        at = header.places[TIME]
        return row[at] if is_whole and at < len(row) else ""
