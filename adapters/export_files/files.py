"""One file an export. Rows are written as CSV; Parquet is made from that."""

import asyncio
import csv
import os
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from adapters.export_files.parquet import to_parquet
from adapters.export_files.text import lines
from domain.errors import NotAllowedNow, Unavailable
from domain.exports.export import ExportFormat
from ports.export_files import Column, ExportFiles, Row

if TYPE_CHECKING:
    from _csv import Writer

PIECE = 256 * 1024
UNFINISHED = ".unfinished"


class FolderExportFiles(ExportFiles):
    """`folder` is made when the first file is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def write(
        self,
        export_id: str,
        form: ExportFormat,
        columns: Sequence[Column],
        pieces: AsyncIterable[Sequence[Row]],
        tell: Callable[[int], Awaitable[None]],
    ) -> int:
        rows_file = self._path(export_id).with_suffix(UNFINISHED)
        try:
            file = await asyncio.to_thread(_open, rows_file)
            with file:
                await _write_rows(file, columns, pieces, tell)
            if form is ExportFormat.PARQUET:
                await asyncio.to_thread(to_parquet, rows_file, columns)
            return await asyncio.to_thread(_finish, rows_file, self._path(export_id))
        except OSError as error:
            raise _refused(error) from error

    async def read(self, export_id: str) -> AsyncGenerator[bytes, None]:
        try:
            file = await asyncio.to_thread(self._path(export_id).open, "rb")
        except FileNotFoundError:
            raise NotAllowedNow(
                f"the file of export {export_id} is gone",
                reason="EXPORT_EXPIRED",
                export_id=export_id,
            ) from None
        with file:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece

    async def remove(self, export_id: str) -> None:
        path = self._path(export_id)
        await asyncio.to_thread(_remove, [path, path.with_suffix(UNFINISHED)])

    async def keep_only(self, export_ids: Collection[str]) -> None:
        kept = {self._path(export_id) for export_id in export_ids}
        others = [path for path in self._folder.glob("*") if path not in kept]
        await asyncio.to_thread(_remove, others)

    def _path(self, export_id: str) -> Path:
        return self._folder / f"{export_id}.file"


async def _write_rows(
    file: TextIO,
    columns: Sequence[Column],
    pieces: AsyncIterable[Sequence[Row]],
    tell: Callable[[int], Awaitable[None]],
) -> None:
    table = csv.writer(file, lineterminator="\n")
    table.writerow([column.name for column in columns])
    count = 0
    async for rows in pieces:
        await asyncio.to_thread(_write_piece, table, columns, rows)
        count += len(rows)
        await tell(count)


def _write_piece(table: "Writer", columns: Sequence[Column], rows: Sequence[Row]) -> None:
    table.writerows(lines(columns, rows))


def _open(path: Path) -> TextIO:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    return path.open("w", encoding="utf-8", newline="")


def _finish(unfinished: Path, path: Path) -> int:
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)
    return path.stat().st_size


def _remove(paths: Collection[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _refused(error: OSError) -> Unavailable:
    return Unavailable(f"the disk refuses the file: {error.strerror}", reason="STORE_UNAVAILABLE")
