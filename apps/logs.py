"""The house's log: JSON lines in the data folder, without secrets, never without bound."""

import atexit
import contextlib
import logging
import re
import sys
from collections.abc import MutableMapping
from functools import lru_cache
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import msgspec
import structlog

LARGEST_LOG = 20 * 1024 * 1024
KEPT_LOGS = 3
FLUSH_SECONDS = 0.2
BUFFER = 64 * 1024
HIDDEN = "[redacted]"
SECRET_NAMES = ("authorization", "token", "password", "secret", "key")
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*|(?i:\bbearer\s+)\S+")


def start_logging(folder: Path, level: int = logging.INFO) -> "LogFile":
    """From here on everything is logged to `folder`/trademesh.log, that of libraries too.

    Close the file when nothing logs any more.
    """
    file = LogFile(folder / "trademesh.log")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_LineFactory(file),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_ToStructlog(level)]
    root.setLevel(max(level, logging.WARNING))  # libraries talk too much below that
    return file


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hides the values of fields with a secret's name, and tokens inside any text."""
    for name, value in event.items():
        if _is_secret(name):
            event[name] = HIDDEN
        elif isinstance(value, str):
            event[name] = _without_tokens(value)
        elif isinstance(value, dict):
            event[name] = redact(None, "", dict(value))
    return event


def _without_tokens(text: str) -> str:
    if "eyJ" not in text and "bearer" not in text.lower():  # nearly always, and ten times as fast
        return text
    return TOKEN.sub(HIDDEN, text)


@lru_cache(1024)  # nearly always one of a few dozen names in our code
def _is_secret(name: str) -> bool:
    words = name.lower().replace("-", "_").split("_")
    return words[-1].rstrip("s") in SECRET_NAMES


def _json(event: Any, **_options: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


class LogFile:
    """Appends lines. A file that has grown too large becomes `.1`, and so on; the oldest goes.

    Lines reach the file within a fifth of a second, urgent ones at once: a write to the file a line
    would cost a call more than all its other manners. A disk that is full costs lines, and never
    the work they tell of.
    """

    def __init__(self, path: Path, largest: int = LARGEST_LOG) -> None:
        self._path = path
        self._largest = largest
        self._lock = Lock()
        self._closed = Event()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._open()
        Thread(target=self._flush_now_and_then, name="log", daemon=True).start()
        atexit.register(self.close)

    def write_line(self, line: str) -> None:
        content = line.encode("utf-8", "replace") + b"\n"
        with self._lock, contextlib.suppress(OSError):
            if self._closed.is_set():
                return
            if self._file.closed or self._size + len(content) > self._largest:
                self._turn_over()
            self._file.write(content)
            self._size += len(content)

    def write_urgent_line(self, line: str) -> None:
        self.write_line(line)
        self.flush()

    def flush(self) -> None:
        """Every line so far is in the file."""
        with self._lock, contextlib.suppress(OSError):
            if not self._file.closed:
                self._file.flush()

    def close(self) -> None:
        """Lines that come later are lost."""
        self._closed.set()
        with self._lock, contextlib.suppress(OSError):
            self._file.close()
        atexit.unregister(self.close)

    def _flush_now_and_then(self) -> None:
        while not self._closed.wait(FLUSH_SECONDS):
            self.flush()

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


class _Line:
    """What structlog hands finished lines to."""

    def __init__(self, file: LogFile) -> None:
        self.debug = self.info = file.write_line
        self.warning = self.error = self.critical = file.write_urgent_line


class _LineFactory:
    def __init__(self, file: LogFile) -> None:
        self._line = _Line(file)

    def __call__(self, *_names: Any) -> _Line:
        return self._line


class _ToStructlog(logging.Handler):
    """Takes what libraries log through the standard library."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level = max(record.levelno, logging.INFO)
            structlog.get_logger().log(
                level, record.getMessage(), logger=record.name, exc_info=record.exc_info
            )
        except Exception:  # noqa: BLE001  logging must never break what it tells of
            print("a line could not be logged", file=sys.stderr)  # noqa: T201
