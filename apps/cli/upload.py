"""A file on its way into the house, in ordered chunks."""

import base64
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.progress import Step, follow, progress_bar
from apps.cli.session import Session

Json = dict[str, Any]

CHUNK = 1024 * 1024  # bytes; the API takes 4 MiB at most
_SERVICE = "market_data.ImportService"


def upload(session: Session, path: Path, terms: Json) -> Json:
    """Declares the import, sends the file, and returns the import as it ended.

    Raises Failure: exit 3 for a file that is not there, 4 for an empty one.
    """
    try:
        with path.open("rb") as file:
            chunks = _chunks(file)
            if not (first := next(chunks, b"")):
                raise _empty(path)
            return _upload(session, chain([first], chunks), path.stat().st_size, terms)
    except OSError as error:
        message = f"{path}: {error.strerror or 'cannot be read'}"
        raise Failure(ExitCode.NOT_FOUND, message, hint="the path of a CSV file") from error


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    """A pipe does as well as a file: no size is asked for."""
    while data := file.read(CHUNK):
        yield data


def declare(session: Session, terms: Json, *, validate_only: bool = False) -> Json:
    """The import as it is declared; with `validate_only` as it would be."""
    request = {
        "import": terms,
        "request_id": session.request_id("declare"),
        "validate_only": validate_only,
    }
    declared: Json = session.call(f"{_SERVICE}/CreateImport", request)["import"]
    return declared


def follow_import(session: Session, import_id: str) -> Json:
    """The import as it ended."""
    return follow(
        session,
        f"{_SERVICE}/WatchImport",
        {"import_id": import_id},
        key="import",
        measure=_step,
        again=f"trademesh data report {import_id}",
        unit="rows",
    )


def _step(done: Json) -> Step:
    rows = int(done["read_rows"])
    return Step(rows, int(done["total_rows"]), f"{rows:,} rows")


def _upload(session: Session, chunks: Iterator[bytes], size: int, terms: Json) -> Json:
    import_id = declare(session, terms)["import_id"]
    _send(session, import_id, chunks, size)
    return follow_import(session, import_id)


def _send(session: Session, import_id: str, chunks: Iterator[bytes], size: int) -> None:
    """One chunk is held back, since the last one says so."""
    offset, data = 0, next(chunks)
    with progress_bar(session, "bytes") as show:
        while data:
            following = next(chunks, b"")
            request = {
                "import_id": import_id,
                "offset": offset,
                "data": base64.b64encode(data).decode("ascii"),
                "last": not following,
                "request_id": session.request_id(f"chunk {offset}"),
            }
            session.call(f"{_SERVICE}/UploadImportChunk", request)
            offset, data = offset + len(data), following
            show(Step(offset, size))


def _empty(path: Path) -> Failure:
    return Failure(
        ExitCode.INVALID,
        f"{path}: the file is empty",
        reason="EMPTY_FILE",
        hint="a CSV file with a header line: time,open,high,low,close,volume",
    )
