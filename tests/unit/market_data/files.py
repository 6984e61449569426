"""Files read as a worker reads them, in one go and in memory."""

from collections.abc import Mapping

import numpy as np

from domain.instruments import Instrument
from domain.market_data.files.bar_rows import BarRows
from domain.market_data.files.checked_rows import AnyColumns, RowTerms
from domain.market_data.files.csv_file import CsvFile
from domain.market_data.files.tick_rows import TickRows
from domain.market_data.imports import Content, RefusedRow
from domain.market_data.quality.finding import Finding


class ReadFile:
    """What became of each row of a CSV file."""

    def __init__(
        self,
        data: bytes,
        instrument: Instrument,
        timeframe: str = "1m",
        *,
        content: Content = Content.BARS,
        zone: str = "",
        piece: int = 1 << 20,
        columns: Mapping[str, str] | None = None,
        delimiter: str = ",",
    ) -> None:
        terms = RowTerms(instrument, content, timeframe)
        checker = BarRows(terms) if content is Content.BARS else TickRows(terms)
        file = CsvFile(terms, time_zone=zone, columns=columns, delimiter=delimiter)
        pieces = [
            checker.take(rows)
            for at in range(0, len(data), piece)
            for rows in file.feed(data[at : at + piece])
        ]
        pieces += [checker.take(rows) for rows in file.finish()]
        self.pieces = len(pieces)
        self.refused: list[RefusedRow] = [row for one in pieces for row in one.refused]
        self.duplicates: list[Finding] = [row for one in pieces for row in one.duplicates]
        self.lines: list[int] = [line for one in pieces for line in one.lines.tolist()]
        self.lost: list[int] = [lost for one in pieces for lost in one.lost.tolist()]
        self._columns = [one.columns for one in pieces]

    @property
    def read_rows(self) -> int:
        return len(self.refused) + len(self.duplicates) + len(self.lines)

    @property
    def columns(self) -> AnyColumns:
        """The good rows, of which there is at least one piece."""
        kind = type(self._columns[0])
        arrays = zip(*(one.arrays for one in self._columns), strict=True)
        return kind(*map(np.concatenate, arrays))
