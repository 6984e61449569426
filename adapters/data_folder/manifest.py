"""What a backup says of itself: which release made it, and what is in it."""

from pathlib import PurePosixPath

import msgspec
from msgspec import Struct

from domain.errors import DomainError, InvalidRequest, NotAllowedNow

NAME = "manifest.json"
FORMAT = 1  # of the archive; the schema of the store has a number of its own


class Packed(Struct, frozen=True):
    """One file of the data folder. Its path is below the folder."""

    path: str
    size: int
    sha256: str


class Manifest(Struct, frozen=True):
    """The first thing to read of a backup, the last that is written."""

    format: int
    version: str
    schema: str
    create_time: str
    with_keys: bool
    files: tuple[Packed, ...]

    @property
    def size(self) -> int:
        """Bytes of all files, unpacked."""
        return sum(file.size for file in self.files)

    def check(self) -> None:
        """Raises `NotAllowedNow` BACKUP_TOO_NEW, `InvalidRequest` BACKUP_DAMAGED."""
        if self.format > FORMAT:
            raise NotAllowedNow(
                f"this backup has the form {self.format}, which this version does not know",
                reason="BACKUP_TOO_NEW",
                format=str(self.format),
            )
        paths = [file.path for file in self.files]
        if len(set(paths)) != len(paths) or not all(map(_is_below, paths)):
            raise damaged("it names files that no backup has")


def manifest_of(content: bytes) -> Manifest:
    """Raises `NotAllowedNow` BACKUP_TOO_NEW, `InvalidRequest` BACKUP_DAMAGED."""
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise damaged(f"its {NAME} cannot be read") from error
    manifest.check()
    return manifest


def damaged(what: str) -> DomainError:
    """The file is no backup, or no longer the one that was made."""
    return InvalidRequest(f"the backup is damaged: {what}", reason="BACKUP_DAMAGED", finding=what)


def _is_below(path: str) -> bool:
    """A plain path that cannot lead out of the folder it is unpacked into."""
    parts = PurePosixPath(path).parts
    plain = path.isprintable() and "\\" not in path and PurePosixPath(path).as_posix() == path
    return bool(parts) and plain and not path.startswith("/") and ".." not in parts
