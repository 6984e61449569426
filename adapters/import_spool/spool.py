"""One file an import, in a folder of their own."""

import asyncio
import os
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

from domain.errors import Unavailable
from ports.import_spool import ImportSpool, SpoolPlace

FILE = ".csv"  # as the first release called it; a file of any format
FOLDER = ".rows"


class FileImportSpool(ImportSpool):
    """`folder` is made when the first file is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    async def write(self, import_id: str, offset: int, data: bytes) -> None:
        await _done(lambda: _write(self._folder / (import_id + FILE), offset, data))

    async def prepare(self, import_id: str, size: int) -> SpoolPlace:
        file = self._folder / (import_id + FILE)
        folder = self._folder / (import_id + FOLDER)

        def make() -> None:
            if size:
                os.truncate(file, size)  # behind it lies what a broken upload left
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700, parents=True)

        await _done(make)
        return SpoolPlace(str(file), str(folder))

    async def remove(self, import_id: str) -> None:
        def remove() -> None:
            (self._folder / (import_id + FILE)).unlink(missing_ok=True)
            shutil.rmtree(self._folder / (import_id + FOLDER), ignore_errors=True)

        await _done(remove)

    async def keep_only(self, import_ids: Collection[str]) -> None:
        kept = {import_id + FILE for import_id in import_ids}

        def remove() -> None:
            for path in self._folder.glob("*"):
                if path.is_dir():
                    shutil.rmtree(path)
                elif path.name not in kept:
                    path.unlink()

        await _done(remove)


async def _done(work: Callable[[], None]) -> None:
    try:
        await asyncio.to_thread(work)
    except OSError as error:
        raise Unavailable(
            f"the disk refuses the upload: {error.strerror}", reason="STORE_UNAVAILABLE"
        ) from error


def _write(path: Path, offset: int, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.seek(offset)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
