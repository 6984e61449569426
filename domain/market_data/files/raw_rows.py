"""Rows of a file as they were found, and what is wrong with them."""

from collections.abc import Collection, Mapping
from typing import Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.market_data.files.contents import TIME
from domain.market_data.imports import RefusedRow

LONGEST_VALUE = 40

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Broken(Struct, frozen=True):
    """What is wrong with one row: the column as the file calls it, a reason, the value."""

    column: str
    reason: str
    value: str


class RawRows(Protocol):
    """Some rows in a row. Columns go by our names: `time`, `open`."""

    lines: Ints
    """Where each stands in the file."""

    @property
    def misshapen(self) -> Mapping[int, Broken]:
        """Rows of another shape than the header. They have no time and no number."""
        ...

    def times(self) -> tuple[Ints, Mapping[int, str]]:
        """Nanoseconds UTC, 0 where there is none; and the reason for each of those."""
        ...

    def times_ahead(self) -> list[int | None]:
        """Those of the next two rows, fewer at the end of the file; None for one that has none."""
        ...

    def numbers(self, name: str) -> Floats:
        """One column; NaN where there is no number, 0 where the file has no such column."""
        ...

    def is_blank(self, name: str, row: int) -> bool:
        """Whether nothing stands there."""
        ...

    def text(self, name: str, row: int) -> str:
        """What stands there."""
        ...

    def name_of(self, name: str) -> str:
        """What the file calls the column."""
        ...


class Faults:
    """Of each row at fault the first fault found."""

    def __init__(self, rows: RawRows) -> None:
        self.at_fault: Flags = np.zeros(len(rows.lines), np.bool_)
        self._rows = rows
        self._found: dict[int, Broken] = {}

    def __len__(self) -> int:
        return len(self._found)

    def mark(self, row: int, name: str, reason: str) -> None:
        """This row is at fault, unless it was before."""
        if not self.at_fault[row]:
            self.at_fault[row] = True
            value = self._rows.text(name, row).strip()
            self._found[row] = Broken(self._rows.name_of(name), reason, value)

    def mark_all(self, rows: Flags, name: str, reason: str) -> None:
        """The same of many rows."""
        for row in np.flatnonzero(rows & ~self.at_fault).tolist():
            self.mark(row, name, reason)

    def mark_unreadable(self, rows: Flags, name: str) -> None:
        """There is no number in these rows."""
        for row in np.flatnonzero(rows & ~self.at_fault).tolist():
            blank = self._rows.is_blank(name, row)
            self.mark(row, name, "MISSING_VALUE" if blank else "NOT_A_NUMBER")

    def mark_times(self, reasons: Mapping[int, str]) -> None:
        """There is no time in these rows; those of another shape have none either."""
        for row, broken in self._rows.misshapen.items():
            self.at_fault[row] = True
            self._found[row] = broken
        for row, reason in reasons.items():
            self.mark(row, TIME, reason)

    def add(self, others: "Faults") -> None:
        """What `others` found, in rows that are not at fault yet."""
        for row, broken in others._found.items():  # noqa: SLF001 - one of us
            if not self.at_fault[row]:
                self.at_fault[row] = True
                self._found[row] = broken

    def rows_but_for(self, reasons: Collection[str]) -> list[int]:
        """The rows at fault, without those of these reasons."""
        return [row for row, broken in self._found.items() if broken.reason not in reasons]

    def refused(self) -> list[RefusedRow]:
        """By line."""
        lines = self._rows.lines
        return [
            RefusedRow(int(lines[row]), broken.column, broken.reason, broken.value[:LONGEST_VALUE])
            for row, broken in sorted(self._found.items())
        ]
