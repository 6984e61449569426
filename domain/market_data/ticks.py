"""Quotes and trades alike: what can be one, their order, and a place in it."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.errors import InvalidRequest
from domain.market_data.tick_columns import TickColumns

T = TypeVar("T", bound=TickColumns)


class BadTick(InvalidRequest):
    """One row cannot be a tick: the fact `row` counts from 0, `column` names the value at fault.

    Reasons: NOT_A_NUMBER, NOT_POSITIVE, UNSORTED_TIME, LENGTHS_DIFFER.
    """

    default_reason = "BAD_TICK"


class TickPlace(Struct, frozen=True):
    """A place in a series: behind the first `told` ticks of the instant `ts`.

    Ticks of one instant have an order too, that of the file they came in.
    """

    ts: int
    told: int

    def behind(self, ticks: TickColumns) -> "TickPlace":
        """The place behind these, which follow this place and are not empty."""
        last = int(ticks.ts[-1])
        told = len(ticks) - int(np.searchsorted(ticks.ts, last))
        return TickPlace(last, told + self.told if last == self.ts else told)


def no_ticks(columns: type[T]) -> T:
    """Columns without a row."""
    values = np.empty(0)
    return columns(np.empty(0, np.int64), *[values] * (len(columns.__struct_fields__) - 1))


def join_ticks(columns: type[T], pieces: Sequence[T]) -> T:
    """The pieces one after the other. Nothing is checked."""
    if len(pieces) == 1:
        return pieces[0]
    if not pieces:
        return no_ticks(columns)
    return columns(*map(np.concatenate, zip(*(one.arrays for one in pieces), strict=True)))


def check_ticks(ticks: TickColumns) -> None:
    """Raises BadTick for the first row that cannot be a tick.

    A trade has a price above zero. A side of a quote may be missing: its price is 0. No size is
    below zero, and time never runs back; it may stand still.
    """
    if len({len(column) for column in ticks.arrays}) > 1:
        raise _bad(0, "ts", "LENGTHS_DIFFER", "the columns differ in length")
    faults = [_unsorted(ticks.ts)]
    for name, column in zip(ticks.__struct_fields__[1:], ticks.arrays[1:], strict=True):
        faults.append(_first(~np.isfinite(column), name, "NOT_A_NUMBER", "is not a finite number"))
        if name == "price":
            faults.append(_first(column <= 0, name, "NOT_POSITIVE", "is not above zero"))
        else:
            faults.append(_first(column < 0, name, "NOT_POSITIVE", "is below zero"))
    found = [fault for fault in faults if fault is not None]
    if found:
        raise _bad(*min(found, key=lambda fault: fault[0]))


_Fault = tuple[int, str, str, str]


def _unsorted(ts: NDArray[np.int64]) -> _Fault | None:
    rows = np.flatnonzero(ts[1:] < ts[:-1])
    text = "is before that of the row before"
    return (int(rows[0]) + 1, "ts", "UNSORTED_TIME", text) if len(rows) else None


def _first(bad: NDArray[np.bool_], column: str, reason: str, text: str) -> _Fault | None:
    rows = np.flatnonzero(bad)
    return (int(rows[0]), column, reason, text) if len(rows) else None


def _bad(row: int, column: str, reason: str, text: str) -> BadTick:
    return BadTick(
        f"row {row}: {column} {text}",
        reason=reason,
        violations={column: f"row {row}: {text}"},
        row=str(row),
        column=column,
    )
