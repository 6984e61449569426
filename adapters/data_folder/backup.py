"""A backup of a data folder, also while the platform runs: one file, whole or not there."""

import hashlib
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from adapters.data_folder.contents import DATABASES, hold_open, plain_files, short_lived_files
from adapters.data_folder.manifest import FORMAT, NAME, Manifest, Packed
from adapters.data_folder.moment import Snapshot, Told, check_database, one_moment
from domain.errors import AlreadyExists, NotAllowedNow, NotFound, Unavailable

PIECE = 1024 * 1024
STORED = (".parquet", ".gz", ".zip")  # packed already


def back_up(
    folder: Path,
    file: Path,
    *,
    version: str,
    schema_of: Callable[[Path], str],
    named_in: Callable[[Path], Iterable[str]],
    keys: bool,
    replace: bool,
    told: Told,
) -> Manifest:
    """Writes `file`, readable by its owner alone: everything that was kept at one moment.

    `named_in` tells which files a store names, below the folder: all of them must be there. Raises
    `NotFound` NO_DATA, `AlreadyExists` FILE_EXISTS, `NotAllowedNow` STORE_DAMAGED, `Unavailable`
    STORE_UNAVAILABLE; then nothing is left of it, nor after an interruption.
    """
    databases = [folder / name for name in DATABASES if (folder / name).exists()]
    if folder / DATABASES[0] not in databases:
        raise NotFound(f"there is no data in {folder}", reason="NO_DATA", data_dir=str(folder))
    if file.exists() and not replace:
        raise AlreadyExists(f"{file} is there already", reason="FILE_EXISTS", file=str(file))
    with _refusals(file), tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent) as place:
        unfinished = Path(place, "archive")
        with closing(_Pack(folder, Path(place), told)) as pack:
            pack.copy(databases, keys=keys)
            pack.check(named_in)
            manifest = pack.write(unfinished, version, schema_of(pack.store), keys=keys)
        unfinished.replace(file)
        _sync(file.parent)
    return manifest


class _Pack:
    """A backup in the making."""

    def __init__(self, folder: Path, place: Path, told: Told) -> None:
        self._folder = folder
        self._place = place
        self._told = told
        self._done = self._total = 0
        self._open: dict[Path, tuple[BinaryIO, int]] = {}
        self._copies: list[Path] = []
        self._files: list[Path] = []
        self._named: set[str] = set()

    @property
    def store(self) -> Path:
        return self._place / DATABASES[0]

    def copy(self, databases: list[Path], *, keys: bool) -> None:
        """Takes the moment, copies what would change, and lists what will not.

        A file is on the disk before the store names it, so all that the moment names is listed.
        """

        def hold() -> None:
            self._open = hold_open(short_lived_files(self._folder))

        with one_moment(databases, hold) as snapshots:
            self._files = list(plain_files(self._folder, keys=keys))
            copied = sum(snapshot.size for snapshot in snapshots)
            self._total = 2 * copied + sum(map(_size, self._files))
            self._total += sum(size for _, size in self._open.values())
            for snapshot in snapshots:
                self._copy(snapshot)

    def check(self, named_in: Callable[[Path], Iterable[str]]) -> None:
        """Nobody is helped by the backup of a store that is broken."""
        for copy in self._copies:
            if finding := check_database(copy):
                raise _damaged(copy.name, finding)
        self._named = set(named_in(self.store))
        for name in sorted(self._named - set(map(self._name, self._files))):
            raise _damaged(name, "the store names it, and it is not there")

    def write(self, path: Path, version: str, schema: str, *, keys: bool) -> Manifest:
        """Packs all of it, the manifest last."""
        now = datetime.now(UTC)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w+b") as whole:
            with zipfile.ZipFile(whole, "w") as archive:
                packed = tuple(self._packed(archive, now))
                manifest = Manifest(FORMAT, version, schema, now.isoformat(), keys, packed)
                archive.writestr(
                    _entry(NAME, now), msgspec.json.format(msgspec.json.encode(manifest))
                )
            whole.flush()
            os.fsync(whole.fileno())
        return manifest

    def close(self) -> None:
        """Lets go of what it held open."""
        for file, _ in self._open.values():
            file.close()

    def _copy(self, snapshot: Snapshot) -> None:
        copy = self._place / snapshot.path.name
        before = self._done

        def tell(size: int) -> None:
            self._done = before + size
            self._told(self._done, self._total)

        snapshot.copy_to(copy, tell)
        self._copies.append(copy)

    def _packed(self, archive: zipfile.ZipFile, now: datetime) -> Iterator[Packed]:
        for copy in self._copies:
            with copy.open("rb") as whole:
                yield self._pack(archive, copy.name, whole, copy.stat().st_size, now)
        for path, (file, size) in self._open.items():
            yield self._pack(archive, self._name(path), file, size, now)
        for path in self._files:
            try:
                source = path.open("rb")
            except FileNotFoundError:
                if self._name(path) in self._named:
                    raise
                continue  # of an import that failed meanwhile
            with source:
                yield self._pack(archive, self._name(path), source, _size(path), now)

    def _pack(
        self, archive: zipfile.ZipFile, name: str, file: BinaryIO, size: int, now: datetime
    ) -> Packed:
        digest, left = hashlib.sha256(), size
        entry = _entry(name, now)
        entry.file_size = size
        with archive.open(entry, "w") as packed:
            while left and (piece := file.read(min(PIECE, left))):
                digest.update(piece)
                packed.write(piece)
                left -= len(piece)
                self._done += len(piece)
                self._told(self._done, self._total)
        return Packed(name, size - left, digest.hexdigest())

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()


def _entry(name: str, now: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, now.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(STORED) else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o100600 << 16  # a plain file, for its owner
    return entry


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _damaged(name: str, finding: str) -> NotAllowedNow:
    return NotAllowedNow(
        f"{name} is damaged: {finding}", reason="STORE_DAMAGED", file=name, finding=finding
    )


@contextmanager
def _refusals(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable(f"the store refuses: {error}", reason="STORE_UNAVAILABLE") from error
    except sqlite3.DatabaseError as error:
        raise _damaged(DATABASES[0], str(error)) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise Unavailable(
            f"{file} cannot be written: {why}", reason="STORE_UNAVAILABLE", file=str(file)
        ) from error


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
