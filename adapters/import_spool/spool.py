"""One file an import, in a folder of their own."""

import asyncio
import os
from collections.abc import Collection, Generator, Iterable
from pathlib import Path

from domain.errors import Unavailable
from ports.import_spool import ImportSpool

PIECE = 256 * 1024


class FileImportSpool(ImportSpool):
    """`folder` is made when the first file is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def write(self, import_id: str, offset: int, data: bytes) -> None:
        await asyncio.to_thread(_write, self._path(import_id), offset, data)

    def read(self, import_id: str, size: int) -> Generator[bytes, None, None]:
        try:
            with self._path(import_id).open("rb") as file:
                while size:
                    data = file.read(min(size, PIECE))
                    if not data:
                        raise Unavailable(
                            f"the uploaded file of {import_id} is too short",
                            reason="STORE_UNAVAILABLE",
                        )
                    size -= len(data)
                    yield data
        except OSError as error:
            raise _refused(error) from error

    async def remove(self, import_id: str) -> None:
        await asyncio.to_thread(_remove, [self._path(import_id)])

    async def keep_only(self, import_ids: Collection[str]) -> None:
        kept = {self._path(import_id) for import_id in import_ids}
        others = [path for path in self._folder.glob("*.csv") if path not in kept]
        await asyncio.to_thread(_remove, others)

    def _path(self, import_id: str) -> Path:
        return self._folder / f"{import_id}.csv"


def _write(path: Path, offset: int, data: bytes) -> None:
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.seek(offset)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _refused(error) from error


def _remove(paths: Iterable[Path]) -> None:
    try:
        for path in paths:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise _refused(error) from error


def _refused(error: OSError) -> Unavailable:
    return Unavailable(f"the disk refuses the upload: {error.strerror}", reason="STORE_UNAVAILABLE")
