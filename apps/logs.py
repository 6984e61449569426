"""The house's log: JSON lines in the data folder, without secrets, never without bound."""

import logging
import re
import sys
from collections.abc import MutableMapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import structlog
from msgspec import structs
from structlog.typing import Processor

from apps.log_file import CallLine, LogFile

HIDDEN = "[redacted]"
SECRET_NAMES = ("authorization", "token", "password", "secret", "key")
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*|(?i:\bbearer\s+)\S+")


def start_logging(folder: Path, level: int = logging.INFO) -> LogFile:
    """From here on everything is logged to `folder`/trademesh.log, that of libraries too.

    Close the file when nothing logs any more.
    """
    file = LogFile(folder / "trademesh.log")
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_LineFactory(file, level),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_ToStructlog(level)]
    root.setLevel(max(level, logging.WARNING))  # libraries talk too much below that
    return file


def log_call(line: CallLine) -> None:
    """Logs a call that ended as it should, without what a line of the log otherwise costs."""
    config = structlog.get_config()
    if config["processors"] is not _PROCESSORS:  # somebody else listens
        facts = {name: value for name, value in structs.asdict(line).items() if value != ""}
        del facts["time"]
        structlog.get_logger("calls").info("call", **facts)
        return
    factory: _LineFactory = config["logger_factory"]
    if factory.level <= logging.INFO:
        line.request_id = _without_tokens(line.request_id)  # the one value that is not ours
        factory.file.write_line(line)


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


class _Line:
    """What structlog hands finished lines to."""

    def __init__(self, file: LogFile) -> None:
        self.debug = self.info = file.write_line
        self.warning = self.error = self.critical = file.write_urgent_line


class _LineFactory:
    def __init__(self, file: LogFile, level: int) -> None:
        self.file = file
        self.level = level
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


_PROCESSORS: list[Processor] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    structlog.processors.format_exc_info,
    redact,
    structlog.processors.JSONRenderer(serializer=_json),
]
