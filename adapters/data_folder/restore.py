"""A backup read again: checked, or unpacked into a folder that is empty; all of it or nothing."""

import hashlib
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from adapters.data_folder.contents import DATABASES
from adapters.data_folder.data_folder import MARK, DataFolder
from adapters.data_folder.manifest import NAME, Manifest, Packed, damaged, manifest_of
from adapters.data_folder.moment import Told, check_database
from domain.errors import NotAllowedNow, NotFound, Unavailable

PIECE = 1024 * 1024
LARGEST_MANIFEST = 256 * 1024 * 1024


def check_backup(file: Path, *, known_schemas: Collection[str], told: Told) -> Manifest:
    """Reads all of it: each hash, each database in full, and that its schema is not of newer code.

    Raises `NotFound` BACKUP_NOT_FOUND, `InvalidRequest` BACKUP_DAMAGED, `NotAllowedNow`
    SCHEMA_TOO_NEW and BACKUP_TOO_NEW.
    """
    with _opened(file) as archive, tempfile.TemporaryDirectory(prefix="trademesh-") as place:
        manifest = _manifest(archive, known_schemas)
        reader = _Reader(archive, manifest, told)
        for packed in manifest.files:
            if packed.path in DATABASES:
                reader.unpack(packed, Path(place, packed.path))
                _check_database(Path(place, packed.path))
            else:
                reader.read(packed)
    return manifest


def restore(file: Path, data_dir: Path, *, known_schemas: Collection[str], told: Told) -> Manifest:
    """Makes `data_dir` what it was. It must be empty or missing; nobody can use it meanwhile.

    Whatever goes wrong, an interruption too: it is empty or missing again. After a crash it is
    refused by the platform, and taken by the next restore. Raises what `check_backup` raises,
    `NotAllowedNow` DATA_DIR_NOT_EMPTY, DATA_DIR_IN_USE, DATA_DIR_UNUSABLE, and `Unavailable`.
    """
    with _opened(file) as archive:
        manifest = _manifest(archive, known_schemas)
        was_there = data_dir.expanduser().exists()
        _refuse_full(data_dir.expanduser())  # before a lock is left in what is not ours
        folder = DataFolder.take(data_dir)
        try:
            _refuse_full(folder.path)
            _fill(folder, archive, manifest, told)
        except BaseException:
            if _may_be_filled(folder.path):
                _empty(folder.path, remove=not was_there)
            raise
        finally:
            folder.close()
    return manifest


def _fill(folder: DataFolder, archive: zipfile.ZipFile, manifest: Manifest, told: Told) -> None:
    _empty(folder.path, remove=False)  # of what a crash left
    place = folder.restoring
    place.mkdir(mode=0o700)
    reader = _Reader(archive, manifest, told)
    for packed in manifest.files:
        reader.unpack(packed, place / packed.path)
    for name in DATABASES:
        if (place / name).exists():
            _check_database(place / name)
    _sync_all(place)
    for child in place.iterdir():
        child.rename(folder.path / child.name)
    _sync(folder.path)
    place.rmdir()
    _sync(folder.path)


class _Reader:
    """Takes files out of an archive, no byte more than the manifest says."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest, told: Told) -> None:
        self._archive = archive
        self._told = told
        self._done, self._total = 0, manifest.size

    def unpack(self, packed: Packed, target: Path) -> None:
        """Makes the file, on the disk and private."""
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            self._read(packed, file)
            file.flush()
            os.fsync(file.fileno())

    def read(self, packed: Packed) -> None:
        """Only looks whether it is what was packed."""
        with Path(os.devnull).open("wb") as nowhere:
            self._read(packed, nowhere)

    def _read(self, packed: Packed, target: IO[bytes]) -> None:
        with self._archive.open(packed.path) as source:
            if self._copy(source, target, packed.size) != packed.sha256 or source.read(1):
                raise damaged(f"{packed.path} is not what was packed")

    def _copy(self, source: IO[bytes], target: IO[bytes], size: int) -> str:
        digest = hashlib.sha256()
        while size and (piece := source.read(min(PIECE, size))):
            digest.update(piece)
            target.write(piece)
            size -= len(piece)
            self._done += len(piece)
            self._told(self._done, self._total)
        return digest.hexdigest() if not size else ""


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except FileNotFoundError as error:
        raise NotFound(f"no such file: {file}", reason="BACKUP_NOT_FOUND") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise damaged("it is no archive that can be read") from error
    except OSError as error:
        why = error.strerror or str(error)
        raise Unavailable(f"the disk refuses: {why}", reason="STORE_UNAVAILABLE") from error


def _manifest(archive: zipfile.ZipFile, known_schemas: Collection[str]) -> Manifest:
    names = archive.namelist()
    if NAME not in names or archive.getinfo(NAME).file_size > LARGEST_MANIFEST:
        raise damaged(f"it has no {NAME}")
    manifest = manifest_of(archive.read(NAME))
    if sorted([*(packed.path for packed in manifest.files), NAME]) != sorted(names):
        raise damaged("its files are not those that it lists")
    if DATABASES[0] not in names:
        raise damaged(f"it has no {DATABASES[0]}")
    if manifest.schema not in known_schemas:
        raise NotAllowedNow(
            f"this backup has schema {manifest.schema}, which this version does not know:"
            f" use version {manifest.version} or a newer one",
            reason="SCHEMA_TOO_NEW",
            file=str(archive.filename),
            schema=manifest.schema,
        )
    return manifest


def _check_database(path: Path) -> None:
    if finding := check_database(path):
        raise damaged(f"{path.name}: {finding}")


def _refuse_full(path: Path) -> None:
    if path.exists() and not _may_be_filled(path):
        raise NotAllowedNow(
            f"the data folder {path} is not empty: what is in it would be lost",
            reason="DATA_DIR_NOT_EMPTY",
            data_dir=str(path),
        )


def _may_be_filled(path: Path) -> bool:
    """Whether nothing is in it but a lock, or what a restore that did not end has put there."""
    if not path.is_dir():
        return False
    names = {child.name for child in path.iterdir()}
    return MARK in names or names <= {"lock"}


def _empty(path: Path, *, remove: bool) -> None:
    """The mark of a restore goes last: until then nobody takes the rest for a data folder."""
    mark = path / MARK
    for child in sorted(path.iterdir(), key=lambda child: child == mark):
        if child.name == "lock" and not remove:
            continue
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child)
        else:
            child.unlink()
    if remove:
        path.rmdir()


def _sync_all(place: Path) -> None:
    for folder, _, _ in os.walk(place):
        _sync(Path(folder))


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
