"""A file of lines that never grows without bound and never holds up who writes to it."""

import atexit
import contextlib
from collections import deque
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Event, Lock, Thread

import msgspec

LARGEST_LOG = 20 * 1024 * 1024
KEPT_LOGS = 3
FLUSH_SECONDS = 0.2
BUFFER = 64 * 1024
MOST_WAITING = 10_000

_encode = msgspec.json.Encoder().encode


class CallLine(msgspec.Struct, tag_field="event", tag="call", omit_defaults=True, gc=False):
    """A call that has ended, as it is logged. Cheap to make: it becomes text later, elsewhere."""

    time: float | str
    """Seconds since 1970; a text in the file."""
    method: str
    code: str
    ms: float
    reason: str = ""
    tenant: str = ""
    principal: str = ""
    request_id: str = ""
    level: str = ""


class LogFile:
    """Appends lines. A file that has grown too large becomes `.1`, and so on; the oldest goes.

    Lines are written by a thread of its own within a fifth of a second, urgent ones at once: a
    write to the file a line would cost a call more than all its other manners. A disk that is full
    costs lines, and never the work they tell of.
    """

    def __init__(self, path: Path, largest: int = LARGEST_LOG) -> None:
        self._path = path
        self._largest = largest
        self._lock = Lock()
        self._closed = Event()
        self._waiting: deque[str | CallLine] = deque()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._open()
        Thread(target=self._flush_now_and_then, name="log", daemon=True).start()
        atexit.register(self.close)

    def write_line(self, line: str | CallLine) -> None:
        if self._closed.is_set():
            return
        self._waiting.append(line)
        if len(self._waiting) >= MOST_WAITING:
            self.flush()

    def write_urgent_line(self, line: str) -> None:
        self.write_line(line)
        self.flush()

    def flush(self) -> None:
        """Every line so far is in the file."""
        with self._lock:
            self._take_waiting()
            with contextlib.suppress(OSError):
                if not self._file.closed:
                    self._file.flush()

    def close(self) -> None:
        """Lines that come later are lost."""
        self._closed.set()
        with self._lock:
            self._take_waiting()
            with contextlib.suppress(OSError):
                self._file.close()
        atexit.unregister(self.close)

    def _flush_now_and_then(self) -> None:
        while not self._closed.wait(FLUSH_SECONDS):
            self.flush()

    def _take_waiting(self) -> None:
        with contextlib.suppress(IndexError):  # until there is none
            while True:
                content = _content(self._waiting.popleft())
                with contextlib.suppress(OSError):
                    self._write(content)

    def _write(self, content: bytes) -> None:
        if self._file.closed or self._size + len(content) > self._largest:
            self._turn_over()
        self._file.write(content)
        self._size += len(content)

    def _turn_over(self) -> None:
        """Goes on in a new file; an attempt that failed is taken up again at the next line."""
        self._file.close()
        if self._path.exists():
            rotate(self._path)
        self._open()

    def _open(self) -> None:
        self._file = self._path.open("ab", buffering=BUFFER)
        self._size = self._path.stat().st_size


def rotate(path: Path, kept: int = KEPT_LOGS) -> None:
    """Makes room for a new file at `path`; keeps the last few as `.1`, `.2`, …"""
    for number in range(kept, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        newer = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
        if newer.exists():
            newer.replace(older)


def _content(line: str | CallLine) -> bytes:
    if isinstance(line, str):
        return line.encode("utf-8", "replace") + b"\n"
    seconds, part = divmod(float(line.time), 1)
    line.time = f"{_second(int(seconds))}.{int(part * 1_000_000):06d}Z"
    line.level = "info"
    return _encode(line) + b"\n"


@lru_cache(8)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
