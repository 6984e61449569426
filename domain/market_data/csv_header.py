"""The header line of a CSV file of bars: which column is what."""

import csv
from collections.abc import Mapping

from msgspec import Struct

from domain.market_data.imports import FileRefused

TIME = "time"
NUMBERS = ("open", "high", "low", "close", "volume")
_TIME_NAMES = ("time", "timestamp", "date", "datetime")


class Header(Struct, frozen=True):
    """Where the columns are and what the file calls them. Keys are `time` and those of NUMBERS."""

    places: Mapping[str, int]
    names: Mapping[str, str]
    width: int


def read_header(line: str) -> Header:
    """Columns in any order and case; others are ignored.

    Raises FileRefused: MISSING_COLUMN or DUPLICATE_COLUMN, naming the column.
    """
    found = [name.strip().strip('"').strip() for name in next(csv.reader([line]), [])]
    lower = [name.lower() for name in found]
    places = {TIME: _place(lower, _TIME_NAMES)}
    places |= {name: _place(lower, (name,)) for name in NUMBERS}
    missing = [name for name, place in places.items() if place < 0]
    if missing:
        raise FileRefused(
            f"no column {', '.join(missing)} among: {', '.join(found)[:200]}",
            reason="MISSING_COLUMN",
            column=missing[0],
        )
    return Header(
        places=places, names={name: found[at] for name, at in places.items()}, width=len(found)
    )


def _place(header: list[str], names: tuple[str, ...]) -> int:
    """Where the one column of these names is; -1 when there is none."""
    places = [at for at, name in enumerate(header) if name in names]
    if len(places) > 1:
        twice = ", ".join(header[at] for at in places)
        raise FileRefused(
            f"which column counts? {twice}", reason="DUPLICATE_COLUMN", column=header[places[1]]
        )
    return places[0] if places else -1
