"""The text of a CSV file as records, each with the line on which it begins."""

import codecs
import io
import re

import numpy as np

from domain.market_data.files.raw_rows import Ints
from domain.market_data.files.unpacked import Unpacked
from domain.market_data.imports import FileRefused

LONGEST_RECORD = 65_536


class CsvText:
    """UTF-8, with a byte order mark or without; lines end in any manner; gzip is unpacked.

    A quoted value may go over several lines. Blank lines are no records.
    """

    def __init__(self, delimiter: str) -> None:
        self.line = 0  # of the last whole record
        self._bytes = Unpacked()
        utf8 = codecs.getincrementaldecoder("utf-8-sig")()
        self._decoder = io.IncrementalNewlineDecoder(utf8, translate=True)
        self._rest = ""
        value = re.escape(delimiter)
        field = rf'"(?:[^"]|"")*+"[^{value}]*+|[^"{value}][^{value}]*+'
        self._whole = re.compile(rf"(?:(?:{field})?(?:{value}|\Z))*+", re.DOTALL)

    def feed(self, data: bytes) -> "list[tuple[Ints, list[str]]]":
        """Records that are whole now, in pieces. Raises FileRefused."""
        return [self._take(self._decode(piece, final=False)) for piece in self._bytes.feed(data)]

    def finish(self) -> "list[tuple[Ints, list[str]]]":
        """The rest of them. Raises FileRefused."""
        pieces = [self._take(self._decode(piece, final=False)) for piece in self._bytes.finish()]
        text = self._decode(b"", final=True)
        return [*pieces, self._take(text + "\n" if self._rest or text else "", final=True)]

    def _decode(self, data: bytes, *, final: bool) -> str:
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError:
            raise FileRefused(f"not UTF-8 text, near line {self.line + 1}") from None
        if "\0" in text:
            raise FileRefused(f"not text: a zero byte, near line {self.line + 1}")
        return text

    def _take(self, text: str, *, final: bool = False) -> tuple[Ints, list[str]]:
        text = self._rest + text
        records = text.split("\n")
        self._rest = records.pop()
        first = self.line + 1
        if '"' in text:
            lines, records = self._joined(first, records, final=final)
        else:
            lines = list(range(first, first + len(records)))
            self.line += len(records)
        if max(map(len, (*records, self._rest))) > LONGEST_RECORD:
            raise _too_long(self.line)
        kept = [at for at, record in enumerate(records) if record and not record.isspace()]
        if len(kept) < len(records):
            lines, records = [lines[at] for at in kept], [records[at] for at in kept]
        return np.array(lines, np.int64), records

    def _joined(self, at: int, lines: list[str], *, final: bool) -> tuple[list[int], list[str]]:
        """Lines put together where a quote is open; what is not closed yet waits for more."""
        starts: list[int] = []
        records: list[str] = []
        open_lines: list[str] = []
        size = 0
        for line in lines:
            was_open = bool(open_lines)
            open_lines.append(line)
            size += len(line) + 1
            if size > LONGEST_RECORD + 1:
                raise _too_long(at)
            if '"' not in line:
                is_whole, record = not was_open, line
            else:
                record = "\n".join(open_lines)
                is_whole = self._whole.fullmatch(record) is not None
            if is_whole:
                starts.append(at)
                records.append(record)
                at += len(open_lines)
                open_lines, size = [], 0
        if open_lines and final:  # the quote is never closed: so it is read to the end
            starts.append(at)
            records.append("\n".join(open_lines))
            at += len(open_lines)
        elif open_lines:
            self._rest = "\n".join((*open_lines, self._rest))
        self.line = at - 1
        return starts, records


def _too_long(line: int) -> FileRefused:
    return FileRefused(
        f"a row near line {line} is longer than {LONGEST_RECORD} characters; is a quote open?",
        reason="ROW_TOO_LONG",
    )
