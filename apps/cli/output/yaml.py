"""YAML for reading: block style, and JSON strings wherever a plain word could be misread."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

_BLOCK = re.compile(r"[^\s].*\n(?:.*\n)*.*[^\s]\n?")  # several lines, and no space at either end
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def to_yaml(data: object) -> str:
    """Any JSON value as YAML 1.1 and 1.2 alike."""
    return "\n".join(_lines(data)) + "\n"


def _lines(data: object) -> Iterator[str]:
    if isinstance(data, Mapping) and data:
        for key, value in data.items():
            yield from _entry(f"{_scalar(key)}:", value)
    elif isinstance(data, Sequence) and not isinstance(data, str) and data:
        for value in data:
            yield from _item(value)
    else:
        yield _scalar(data)


def _entry(head: str, value: object) -> Iterator[str]:
    if isinstance(value, Mapping | list) and value:
        yield head
        yield from _indented(_lines(value))
    elif isinstance(value, str) and _BLOCK.fullmatch(value) and _is_printable(value):
        yield f"{head} {'|' if value.endswith(chr(10)) else '|-'}"
        yield from _indented(value.rstrip("\n").split("\n"))
    else:
        yield f"{head} {_scalar(value)}"


def _is_printable(text: str) -> bool:
    return text.replace("\n", "").isprintable()


def _item(value: object) -> Iterator[str]:
    lines = _lines(value)
    yield f"- {next(lines)}"
    yield from _indented(lines)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" if line else "" for line in lines)


def _scalar(value: object) -> str:
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return str(value) if plain else json.dumps(value, ensure_ascii=False)
