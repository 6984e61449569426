"""One value as CSV has it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ports.export_files import Column, Kind, Row

NANOSECONDS = 1_000_000_000

Writer = Callable[[Any], str]


def lines(columns: Sequence[Column], rows: Sequence[Row]) -> list[list[str]]:
    """The rows as text; nothing where a value is None."""
    writers = [WRITERS[column.kind] for column in columns]
    return [
        ["" if value is None else write(value) for write, value in zip(writers, row, strict=True)]
        for row in rows
    ]


def iso_time(ts: int) -> str:
    """`2013-02-28T21:00:00Z`; digits behind the second only where there are any."""
    seconds, rest = divmod(ts, NANOSECONDS)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{rest:09d}".rstrip("0") + "Z" if rest else text + "Z"


def _text(value: str) -> str:
    """Ends of lines are all one: readers of CSV disagree about a bare carriage return."""
    return value.replace("\r\n", "\n").replace("\r", "\n")


def _decimal(value: Decimal) -> str:
    return format(value, "f")


WRITERS: dict[Kind, Writer] = {
    Kind.TEXT: _text,
    Kind.WHOLE: str,
    Kind.DECIMAL: _decimal,
    Kind.DOUBLE: repr,  # the shortest text that reads back as the same number
    Kind.TIME: iso_time,
}
