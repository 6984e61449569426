"""The note that a platform leaves in its data folder while it runs: who it is, and since when."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from apps.cli import __version__

NAME = "running.json"


class Running(Struct, frozen=True):
    """A platform at work, or one that was killed."""

    pid: int
    version: str
    address: str
    start_time: str


def note_running(folder: Path, address: str) -> None:
    """Leaves the note; take it away with `note_stopped`."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    note = {"pid": os.getpid(), "version": __version__, "address": address, "start_time": now}
    unfinished = folder / f"{NAME}.new"
    unfinished.write_text(json.dumps(note))
    unfinished.replace(folder / NAME)


def note_stopped(folder: Path) -> None:
    """Harmless where there is none."""
    (folder / NAME).unlink(missing_ok=True)


def who_runs(folder: Path) -> Running | None:
    """Whom the note tells of; None where there is none that can be read."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        return None
