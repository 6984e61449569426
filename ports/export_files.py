"""Writes the rows of an export into a file, and gives the file back."""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Collection, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from domain.exports.export import ExportFormat

Row = Sequence[object]


class Kind(StrEnum):
    """What the values of a column are. Any of them may be None."""

    TEXT = "text"  # str; its ends of lines become \n
    WHOLE = "whole"  # int
    DECIMAL = "decimal"  # Decimal of at most nine decimals
    DOUBLE = "double"  # float
    TIME = "time"  # int, nanoseconds UTC


class Column(Struct, frozen=True):
    """One column of a file."""

    name: str
    kind: Kind


class ExportFiles(Protocol):
    """One file an export. A file appears whole or not at all."""

    async def write(
        self,
        export_id: str,
        form: ExportFormat,
        columns: Sequence[Column],
        pieces: AsyncIterable[Sequence[Row]],
        tell: Callable[[int], Awaitable[None]],
    ) -> int:
        """Writes every row, tells after each piece how many there are, returns the file's size.

        CSV has a header line, ISO 8601 times with `Z`, plain decimals, and nothing where a value is
        None. Parquet has the same columns, times as UTC microseconds. Raises `Unavailable`
        STORE_UNAVAILABLE when the disk refuses.
        """
        ...

    def read(self, export_id: str) -> AsyncGenerator[bytes, None]:
        """The file in pieces of 256 KiB at most.

        Raises `NotAllowedNow` EXPORT_EXPIRED where there is none.
        """
        ...

    async def remove(self, export_id: str) -> None:
        """Throws the file away, an unfinished one too. Harmless twice."""
        ...

    async def keep_only(self, export_ids: Collection[str]) -> None:
        """Throws the files of all other exports away. At start, before anything is written."""
        ...
