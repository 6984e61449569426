"""Columns in immutable Parquet files that are named by what is in them. Works in any process."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from adapters.parquet.session import cursor, path_for_reading, path_for_writing
from domain.errors import Unavailable

# The second version's encodings of numbers take less room, and half the time to read.
FORMAT = "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd"


def content_hash(columns: Iterable[NDArray[Any]]) -> str:
    """SHA-256 over the values, column by column: the same on any machine and DuckDB."""
    whole = hashlib.sha256()
    for column in columns:
        little_endian = np.ascontiguousarray(column, column.dtype.newbyteorder("<"))
        whole.update(little_endian.data)
    return whole.hexdigest()


def write_columns(path: Path, columns: Mapping[str, NDArray[Any]], noun: str) -> None:
    """Makes the file: after this it is on the disk whole, after a crash whole or not at all.

    Raises `Unavailable` STORE_UNAVAILABLE, which names the `noun`, when the disk refuses.
    """
    unfinished = path.with_suffix(".unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with cursor() as duck:
            duck.register("columns", dict(columns))
            duck.execute(
                f"COPY (SELECT {', '.join(columns)} FROM columns)"
                f" TO {path_for_writing(str(unfinished))} ({FORMAT})"
            )
        sync(unfinished)
        unfinished.replace(path)
        for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
            sync(folder)
    except (OSError, duckdb.Error) as error:
        unfinished.unlink(missing_ok=True)
        raise Unavailable(f"{noun}s cannot be kept: {error}", reason="STORE_UNAVAILABLE") from error


def fetch(file: str, query: str, bounds: Sequence[int], noun: str) -> dict[str, NDArray[Any]]:
    """What the query finds in the file, its first parameter; `bounds` are the others.

    Raises `Unavailable` <NOUN>_FILE_UNREADABLE.
    """
    try:
        with cursor() as duck:
            duck.execute(query, [path_for_reading(file), *bounds])
            found: dict[str, NDArray[Any]] = duck.fetchnumpy()
            return found
    except duckdb.Error as error:
        raise Unavailable(
            f"the {noun} file {Path(file).name} cannot be read",
            reason=f"{noun.upper()}_FILE_UNREADABLE",
            file=Path(file).name,
        ) from error


def remove_others(folder: Path, known: set[str]) -> None:
    """Removes every file two folders below that is not among the known paths."""
    for path in (*folder.glob("*/*/*.parquet"), *folder.glob("*/*/*.unfinished")):
        if path.relative_to(folder).as_posix() not in known:
            path.unlink()


def sync(path: Path) -> None:
    """Has the file or folder on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
