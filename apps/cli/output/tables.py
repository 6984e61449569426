"""Tables for people. Brings rich: import it where a table is written."""

from collections.abc import Sequence
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from apps.cli.output.views import Column, Kind, View
from apps.cli.output.words import RIGHT_ALIGNED, in_words

Json = dict[str, Any]

_WIDTH, _HEIGHT = 400, 100
_STYLES = {
    "SUCCEEDED": "green",
    "RUNNING": "cyan",
    "FINISHED": "green",
    "FILLED": "green",
    "FAILED": "bold red",
    "DENIED": "red",
    "REJECTED": "red",
    "QUARANTINED": "bold red",
    "IN DOUBT": "bold yellow",
}


def write_table(data: Json | Sequence[Json], view: View, out: TextIO) -> None:
    """One thing as lines of name and value, several as a table. `NO_COLOR` is kept by rich.

    A line too long for the terminal is left to the terminal: an id that was cut is no use.
    """
    table = _card(data, view) if isinstance(data, dict) else list_table(data, view)
    Console(file=out, width=_WIDTH, height=_HEIGHT).print(table)


def list_table(things: Sequence[Json], view: View) -> Table:
    """Columns that are empty in every row are left out."""
    shown = [
        column
        for column in view.columns
        if not things or any(in_words(thing, column) for thing in things)
    ]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in shown:
        right = column.kind in RIGHT_ALIGNED
        table.add_column(column.title, justify="right" if right else "left", overflow="fold")
    for thing in things:
        table.add_row(*(_cell(thing, column) for column in shown))
    return table


def _card(thing: Json, view: View) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for column in view.columns + view.details:
        if in_words(thing, column):
            table.add_row(column.title, _cell(thing, column))
    return table


def _cell(thing: Json, column: Column) -> Text:
    words = in_words(thing, column)
    style = _STYLES.get(words, "") if column.kind is Kind.STATE else ""
    if column.kind is Kind.PERCENT and words.startswith("-"):
        style = "red"
    return Text(words, style=style)
