"""Things that come one after the other: a line each, or a table that moves on."""

import csv
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from apps.cli.output.formats import TABLES, OutputFormat, flat, wide, write_line
from apps.cli.output.views import View, lookup
from apps.cli.output.words import in_words
from apps.cli.output.yaml import to_yaml

Json = dict[str, Any]
Show = Callable[[Json], None]

_ROWS = 20  # of a table that moves on


@contextmanager
def stream_writer(view: View, form: OutputFormat, out: TextIO) -> Iterator[Show]:
    """Writes each thing when it comes.

    On a terminal a table shows the last of them; elsewhere a table is a line a thing. `json` is as
    `ndjson`; the items that `yaml` writes are one list together.
    """
    view = wide(view) if form is OutputFormat.WIDE else view
    if form in TABLES and out.isatty():
        with _moving_table(view, out) as show:
            yield show
    elif form in TABLES:
        yield lambda thing: _write(out, "  ".join(in_words(thing, each) for each in view.columns))
    elif form is OutputFormat.CSV:
        yield _csv_writer(out)
    elif form is OutputFormat.YAML:
        yield lambda thing: _write(out, to_yaml([thing]).rstrip("\n"))
    elif form is OutputFormat.NAME:
        yield lambda thing: _write(out, str(lookup(thing, view.name)))
    else:
        yield lambda thing: write_line(thing, out)


def _write(out: TextIO, line: str) -> None:
    out.write(f"{line}\n")
    out.flush()


def _csv_writer(out: TextIO) -> Show:
    """The first thing decides the columns."""
    header: list[str] = []
    table = csv.writer(out, lineterminator="\n")

    def show(thing: Json) -> None:
        row = dict(flat(thing))
        if not header:
            header.extend(row)
            table.writerow(header)
        table.writerow([row.get(name, "") for name in header])
        out.flush()

    return show


@contextmanager
def _moving_table(view: View, out: TextIO) -> Iterator[Show]:
    from rich.console import Console
    from rich.live import Live

    from apps.cli.output.tables import list_table

    rows: deque[Json] = deque(maxlen=_ROWS)
    with Live(console=Console(file=out), refresh_per_second=8) as live:

        def show(thing: Json) -> None:
            rows.append(thing)
            live.update(list_table(list(rows), view))

        yield show
