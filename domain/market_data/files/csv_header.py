"""The names of the columns of a file: which column is what."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from domain.market_data.files.contents import TIME, TIME_NAMES, Columns
from domain.market_data.imports import FileRefused

LONGEST_NAME = 100
MOST_TOLD = 200  # characters of a header in a message


class Header(Struct, frozen=True):
    """Where the columns are and what the file calls them, by our names."""

    places: Mapping[str, int]
    names: Mapping[str, str]
    width: int


def read_header(found: Sequence[str], columns: Columns, named: Mapping[str, str]) -> Header:
    """Columns in any order and case; others are ignored. `named` are names of the file by ours.

    Raises FileRefused: MISSING_COLUMN or DUPLICATE_COLUMN, naming the column.
    """
    found = [_bare(name)[:LONGEST_NAME] for name in found]
    lower = [name.lower() for name in found]
    places = {name: _place(lower, _names(name, named)) for name in columns.names}
    missing = [name for name in (TIME, *columns.required) if places[name] < 0]
    missing += [name for name in columns.optional if name in named and places[name] < 0]
    if missing:
        name = named.get(missing[0], missing[0])[:LONGEST_NAME]
        raise FileRefused(
            f"no column {name} among: {', '.join(found)[:MOST_TOLD]}",
            reason="MISSING_COLUMN",
            column=name,
        )
    there = {name: place for name, place in places.items() if place >= 0}
    return Header(
        places=there, names={name: found[at] for name, at in there.items()}, width=len(found)
    )


def _bare(name: str) -> str:
    """Without blanks, and without quotes that a blank before them kept from being ones."""
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1].strip()
    return name


def _names(name: str, named: Mapping[str, str]) -> tuple[str, ...]:
    if name in named:
        return (named[name].strip().lower(),)
    return TIME_NAMES if name == TIME else (name,)


def _place(header: list[str], names: tuple[str, ...]) -> int:
    """Where the one column of these names is; -1 when there is none."""
    places = [at for at, name in enumerate(header) if name in names]
    if len(places) > 1:
        twice = ", ".join(header[at] for at in places)
        raise FileRefused(
            f"which column counts? {twice[:MOST_TOLD]}",
            reason="DUPLICATE_COLUMN",
            column=header[places[1]],
        )
    return places[0] if places else -1
