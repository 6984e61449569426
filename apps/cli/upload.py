"""A file on its way into the house, in ordered chunks."""

import base64
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
        size = path.stat().st_size
        with path.open("rb") as file:
            _refuse_empty(path, size)
            return _upload(session, file, size, terms)
    except OSError as error:
        message = f"{path}: {error.strerror or 'cannot be read'}"
        raise Failure(ExitCode.NOT_FOUND, message, hint="the path of a CSV file") from error


def _upload(session: Session, file: BinaryIO, size: int, terms: Json) -> Json:
    request = {"import": terms, "request_id": session.request_id("declare")}
    declared = session.call(f"{_SERVICE}/CreateImport", request)["import"]
    _send_chunks(session, declared["import_id"], file, size)
    return follow(
        session,
        f"{_SERVICE}/WatchImport",
        {"import_id": declared["import_id"]},
        key="import",
        measure=lambda done: Step(int(done["read_rows"]), 0, f"{int(done['read_rows']):,} rows"),
        again=f"trademesh api call ImportService/GetImport -d "
        f'\'{{"import_id": "{declared["import_id"]}"}}\'',
    )


def _send_chunks(session: Session, import_id: str, file: BinaryIO, size: int) -> None:
    offset = 0
    with progress_bar(session, "bytes") as show:
        while offset < size:
            data = file.read(CHUNK)
            if not data:  # the file became shorter while we read it
                size = offset
            request = {
                "import_id": import_id,
                "offset": offset,
                "data": base64.b64encode(data).decode("ascii"),
                "last": offset + len(data) >= size,
                "request_id": session.request_id(f"chunk {offset}"),
            }
            session.call(f"{_SERVICE}/UploadImportChunk", request)
            offset += len(data)
            show(Step(offset, size))


def _refuse_empty(path: Path, size: int) -> None:
    if size == 0:
        raise Failure(
            ExitCode.INVALID,
            f"{path}: the file is empty",
            reason="EMPTY_FILE",
            hint="a CSV file with a header line: time,open,high,low,close,volume",
        )
