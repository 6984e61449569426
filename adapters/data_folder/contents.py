"""What of a data folder belongs into a backup."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

DATABASES = ("trademesh.db", "paper.db")
SECRETS = ("keys", "token")
NOT_KEPT = ("lock", "envoy", "logs", "running.json", "stderr.log")  # of one process alone
SHORT_LIVED = ("imports", "exports")  # their files may go, or grow, while we read
UNFINISHED = (".unfinished", ".new", ".part", ".tmp")


def plain_files(folder: Path, *, keys: bool) -> Iterator[Path]:
    """All files but databases and short-lived ones. They never change once they have their name.

    What is new in the folder in a later release is taken too: what is left out is named, not what
    is kept.
    """
    left_out = {*NOT_KEPT, *SHORT_LIVED, *(() if keys else SECRETS)}
    for path in sorted(folder.iterdir()):
        if path.name not in left_out and not path.name.startswith((*DATABASES, ".")):
            yield from _files_in(path)


def short_lived_files(folder: Path) -> Iterator[Path]:
    """Uploads and finished exports."""
    for name in SHORT_LIVED:
        yield from _files_in(folder / name)


def hold_open(paths: Iterator[Path]) -> dict[Path, tuple[BinaryIO, int]]:
    """The files with their sizes now, to be read later, whatever becomes of their names."""
    held: dict[Path, tuple[BinaryIO, int]] = {}
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for path in paths:
        try:
            file = path.open("rb")
        except FileNotFoundError:  # it went before it could be held: the store knows
            continue
        held[path] = file, os.fstat(file.fileno()).st_size
    return held


def _files_in(path: Path) -> Iterator[Path]:
    if path.is_symlink():
        return
    if path.is_file():
        yield path
    elif path.is_dir():
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if _is_finished(name))
            yield from (Path(folder, name) for name in sorted(names) if _is_finished(name))


def _is_finished(name: str) -> bool:
    return not name.endswith(UNFINISHED) and not name.startswith(".")
