"""The pipes of a worker: two to the host for itself, one for whatever an author's code prints."""

import io
import os
import sys
from time import monotonic
from typing import BinaryIO

MOST_FILES = 4096  # none of these is handed down; should one be, it is closed
BYTES_A_SECOND = 256 * 1024


def take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the host, for us alone.

    After this, whatever an author's code prints goes to the log as far as there is room, and it
    reads an empty input. To print never waits: what the host does not take is lost.
    """
    os.closerange(3, MOST_FILES)
    reading = os.fdopen(os.dup(0), "rb")
    writing = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    os.set_blocking(2, False)
    sys.stdout, sys.stderr = _text(1), _text(2)
    return reading, writing


class Voice(io.RawIOBase):
    """A descriptor that takes so many bytes a second, drops the rest, and never waits."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._left = BYTES_A_SECOND
        self._since = 0.0

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, data: object) -> int:
        """All of it was taken, as far as the writer can tell."""
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        now = monotonic()
        if now - self._since >= 1.0:
            self._since, self._left = now, BYTES_A_SECOND
        if self._left > 0:
            self._left -= len(view)
            try:
                os.write(self._descriptor, view[:BYTES_A_SECOND])
            except OSError:  # the host is behind, or gone
                self._left = 0
        return len(view)


def _text(descriptor: int) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(Voice(descriptor)),
        encoding="utf-8",
        errors="backslashreplace",
        line_buffering=True,
    )
