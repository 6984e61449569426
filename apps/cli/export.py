"""Files out of the house: made there, followed, downloaded, and put in place at once."""

import base64
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from apps.cli import options
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.output.market_views import EXPORT
from apps.cli.output.words import state_in_words
from apps.cli.progress import Step, follow, progress_bar
from apps.cli.session import Session

Json = dict[str, Any]

_SERVICE = "exports.ExportService"
_STDOUT = Path("-")


def export(
    session: Session,
    content: Json,
    file: Path,
    file_format: options.FileFormat | None,
    *,
    force: bool,
    dry_run: bool,
) -> None:
    """Exports `content` to `file`, which is either complete or not there.

    Raises Failure: exit 8 where the file is there and `force` is not given, 11 where the export
    fails.
    """
    if file != _STDOUT:
        _check_place(file, force=force)
    request = {
        "export": content | {"format": options.file_format(file_format, file.name)},
        "request_id": session.request_id(),
        "validate_only": dry_run,
    }
    made = session.call(f"{_SERVICE}/CreateExport", request)["export"]
    if dry_run:
        session.show(made, EXPORT)
        return
    done = _followed(session, made["export_id"])
    if file == _STDOUT:
        _download(session, done, sys.stdout.buffer)
    else:
        _write(session, done, file, force=force)
        session.show(done, EXPORT)
        session.talk(f"written to {file}")


def _followed(session: Session, export_id: str) -> Json:
    done = follow(
        session,
        f"{_SERVICE}/WatchExport",
        {"export_id": export_id},
        key="export",
        measure=lambda made: Step(int(made["row_count"]), int(made["total_row_count"])),
        again=f'trademesh api call ExportService/GetExport -d \'{{"export_id": "{export_id}"}}\'',
        unit="rows",
    )
    if done["state"] == "STATE_SUCCEEDED":
        return done
    state = state_in_words(done["state"]).lower()
    raise Failure(
        ExitCode.FAILED,
        done["error_message"] or f"the export is {state}",
        reason=done["error_reason"],
        hint="the same again",
    )


def _write(session: Session, done: Json, file: Path, *, force: bool) -> None:
    """By way of a file beside it, which goes again when something is in the way."""
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                _download(session, done, out)
                os.fsync(out.fileno())
            part.chmod(0o666 & ~_umask())
            _check_place(file, force=force)  # what appeared meanwhile stays, too
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise _not_writable(file, error.strerror or "cannot be written") from error


def _download(session: Session, done: Json, out: BinaryIO | Any) -> None:
    with progress_bar(session, "bytes") as show:
        written = 0
        for data in _pieces(session, done["export_id"]):
            out.write(data)
            written += len(data)
            show(Step(written, int(done["size_bytes"])))
        out.flush()


def _pieces(session: Session, export_id: str) -> Iterator[bytes]:
    for answer in session.stream(f"{_SERVICE}/DownloadExport", {"export_id": export_id}):
        yield base64.b64decode(answer["body"]["data"])


def _check_place(file: Path, *, force: bool) -> None:
    if not file.parent.is_dir():
        raise _not_writable(file, "there is no such folder")
    if file.exists() and not (force and file.is_file()):
        raise Failure(
            ExitCode.CONFLICT,
            f"{file} is there already",
            reason="FILE_EXISTS",
            hint="another FILE, or --force to write over it",
        )


def _not_writable(file: Path, why: str) -> Failure:
    return Failure(
        ExitCode.NOT_FOUND,
        f"{file}: {why}",
        reason="FILE_NOT_WRITABLE",
        hint="another FILE, in a folder that is there and that you may write to",
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
