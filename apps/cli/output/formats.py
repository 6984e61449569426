"""The seven forms in which data leaves a command."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, TextIO

from apps.cli.output.views import View, lookup
from apps.cli.output.yaml import to_yaml

Json = dict[str, Any]


class OutputFormat(StrEnum):
    """What `-o` takes."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    NDJSON = "ndjson"
    NAME = "name"


TABLES = frozenset({OutputFormat.TABLE, OutputFormat.WIDE})


def wide(view: View) -> View:
    """With the lines of a single thing as columns too."""
    return replace(view, columns=view.columns + view.details, details=())


def write(data: Json | Sequence[Json], view: View, form: OutputFormat, out: TextIO) -> None:
    """Writes one thing, or a list of them.

    `table` and `wide` are for people; `json` and `yaml` hold one object or a list of objects, each
    as the API writes it; `ndjson`, `csv` and `name` have a line a thing.
    """
    things = [data] if isinstance(data, dict) else list(data)
    if form in TABLES:
        from apps.cli.output.tables import write_table  # brings rich

        write_table(data, wide(view) if form is OutputFormat.WIDE else view, out)
    elif form is OutputFormat.JSON:
        out.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    elif form is OutputFormat.YAML:
        out.write(to_yaml(data))
    elif form is OutputFormat.CSV:
        _write_csv(things, out)
    elif form is OutputFormat.NDJSON:
        for thing in things:
            write_line(thing, out)
    else:
        for thing in things:
            out.write(f"{lookup(thing, view.name)}\n")


def write_line(thing: Json, out: TextIO) -> None:
    """One object on one line, sent at once: a stream is read while it grows."""
    out.write(json.dumps(thing, ensure_ascii=False, separators=(",", ":")) + "\n")
    out.flush()


def _write_csv(things: Sequence[Json], out: TextIO) -> None:
    rows = [dict(flat(thing)) for thing in things]
    header = list(dict.fromkeys(name for row in rows for name in row))
    if header:
        table = csv.DictWriter(out, header, restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def flat(thing: Json, prefix: str = "") -> Iterator[tuple[str, object]]:
    """The cells of a line: nested objects become columns as `progress.bar_count`, lists JSON."""
    for name, value in thing.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield prefix + name, json.dumps(value, ensure_ascii=False)
        elif isinstance(value, bool):
            yield prefix + name, str(value).lower()
        else:
            yield prefix + name, value
