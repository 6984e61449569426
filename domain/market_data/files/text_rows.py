"""Rows of a file as text, column by column."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from domain.market_data.files.contents import TIME
from domain.market_data.files.csv_header import Header
from domain.market_data.files.csv_times import CsvTimes
from domain.market_data.files.raw_rows import Broken, Floats, Ints, RawRows

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class TextRows(RawRows):
    """`columns` are as many as the header is wide. `plain`: nothing but ASCII, and no `_`.

    `ahead` is what stands as time in the next two rows of the file, fewer at its end.
    """

    def __init__(
        self,
        header: Header,
        columns: Sequence[Sequence[str]],
        lines: Ints,
        times: CsvTimes,
        *,
        plain: bool,
        misshapen: Mapping[int, Broken],
        ahead: Sequence[str] = (),
    ) -> None:
        self.lines = lines
        self._header = header
        self._columns = columns
        self._times = times
        self._plain = plain  # float() takes more than we do: 1_000 and digits of other scripts
        self._misshapen = misshapen
        self._ahead = ahead

    @property
    def misshapen(self) -> Mapping[int, Broken]:
        return self._misshapen

    def times(self) -> tuple[Ints, Mapping[int, str]]:
        found, refused = self._times.open_times(self._column(TIME))
        return np.array(found, np.int64), refused

    def times_ahead(self) -> list[int | None]:
        found, refused = self._times.open_times(self._ahead)
        return [None if at in refused else ts for at, ts in enumerate(found)]

    def numbers(self, name: str) -> Floats:
        if name not in self._header.places:
            return np.zeros(len(self.lines))
        texts = self._column(name)
        try:
            if self._plain:
                return np.fromiter(map(float, texts), np.float64, len(texts))
        except ValueError:
            pass
        return np.fromiter(map(_number, texts), np.float64, len(texts))

    def is_blank(self, name: str, row: int) -> bool:
        return not self._column(name)[row].strip()

    def text(self, name: str, row: int) -> str:
        return self._column(name)[row]

    def name_of(self, name: str) -> str:
        return self._header.names[name]

    def _column(self, name: str) -> Sequence[str]:
        return self._columns[self._header.places[name]]


def _number(text: str) -> float:
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else np.nan
