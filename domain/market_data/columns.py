"""Bars as columns: what stores hold, what files contain and what the backtest loop reads."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.errors import InvalidRequest
from domain.market_data.bar import Bar

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_PIECE = 4096


class BadBar(InvalidRequest):
    """One row cannot be a bar: `row` counts from 0, `column` names the value at fault.

    Reasons: NOT_A_NUMBER, NOT_POSITIVE, HIGH_BELOW_LOW, OUTSIDE_RANGE, UNSORTED_TIME,
    DUPLICATE_TIME, LENGTHS_DIFFER.
    """

    default_reason = "BAD_BAR"


class BarColumns(Struct, frozen=True, eq=False):
    """Bars of one instrument, oldest first, one array a field; the fields are those of `Bar`.

    Times are int64 nanoseconds UTC, the rest float64. Making one checks nothing: that is for
    columns that were checked before. `bar_columns` checks.
    """

    ts: Ints
    open_ts: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        return len(self.ts)

    def slice(self, start: int, end: int) -> "BarColumns":
        """The bars from row `start` up to, not including, `end`; no values are copied."""
        return BarColumns(*(column[start:end] for column in self.arrays))

    def between(self, start_ts: int | None, end_ts: int | None) -> "BarColumns":
        """The bars with start_ts <= open time < end_ts; None is no bound."""
        start = 0 if start_ts is None else int(np.searchsorted(self.open_ts, start_ts))
        end = len(self) if end_ts is None else int(np.searchsorted(self.open_ts, end_ts))
        return self.slice(start, max(start, end))

    def bars(self, instrument_id: str) -> Iterator[Bar]:
        """The bars one by one."""
        for start in range(0, len(self), _PIECE):
            piece = (column[start : start + _PIECE].tolist() for column in self.arrays)
            for row in zip(*piece, strict=True):
                yield Bar(instrument_id, *row)

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The columns in the order of the fields."""
        return (self.ts, self.open_ts, self.open, self.high, self.low, self.close, self.volume)


def bar_columns(
    ts: NDArray[Any],
    open_ts: NDArray[Any],
    open: NDArray[Any],  # noqa: A002 - the name of the column
    high: NDArray[Any],
    low: NDArray[Any],
    close: NDArray[Any],
    volume: NDArray[Any],
    *,
    price_decimals: int = 6,
) -> BarColumns:
    """Checked columns, their prices canonical: each the double nearest its decimal.

    Raises BadBar for the first row that cannot be a bar.
    """
    lengths = {len(column) for column in (ts, open_ts, open, high, low, close, volume)}
    if len(lengths) > 1:
        raise _bad(0, "ts", "LENGTHS_DIFFER", "the columns differ in length")
    columns = BarColumns(
        np.ascontiguousarray(ts, np.int64),
        np.ascontiguousarray(open_ts, np.int64),
        canonical(open, price_decimals),
        canonical(high, price_decimals),
        canonical(low, price_decimals),
        canonical(close, price_decimals),
        np.ascontiguousarray(volume, np.float64),
    )
    check_bars(columns)
    return columns


def canonical(prices: NDArray[Any], decimals: int) -> Floats:
    """Prices rounded to `decimals`, each the double nearest to the rounded decimal."""
    scale = 10.0**decimals
    rounded: Floats = np.rint(np.asarray(prices, np.float64) * scale) / scale
    return rounded


def join_bars(pieces: Sequence[BarColumns]) -> BarColumns:
    """The pieces one after the other. Nothing is checked."""
    if len(pieces) == 1:
        return pieces[0]
    if not pieces:
        return no_bars()
    return BarColumns(*map(np.concatenate, zip(*(one.arrays for one in pieces), strict=True)))


def no_bars() -> BarColumns:
    """Columns without a row."""
    times, values = np.empty(0, np.int64), np.empty(0, np.float64)
    return BarColumns(times, times, values, values, values, values, values)


def check_bars(bars: BarColumns) -> None:
    """Raises BadBar for the first row that cannot be a bar."""
    faults = [
        *_not_numbers(bars),
        *(_first(getattr(bars, name) <= 0, name, "NOT_POSITIVE", "is not above zero")
          for name in ("open", "high", "low", "close")),
        _first(bars.volume < 0, "volume", "NOT_POSITIVE", "is below zero"),
        _first(bars.high < bars.low, "high", "HIGH_BELOW_LOW", "is below the low"),
        _first(_outside(bars.open, bars), "open", "OUTSIDE_RANGE", "is not between low and high"),
        _first(_outside(bars.close, bars), "close", "OUTSIDE_RANGE", "is not between low and high"),
        *_unsorted(bars.ts, "ts"),
        *_unsorted(bars.open_ts, "open_ts"),
        _first(bars.open_ts >= bars.ts, "open_ts", "UNSORTED_TIME", "is not before the close"),
    ]  # fmt: skip
    found = [fault for fault in faults if fault is not None]
    if found:
        raise _bad(*min(found, key=lambda fault: fault[0]))


_Fault = tuple[int, str, str, str]


def _not_numbers(bars: BarColumns) -> list[_Fault | None]:
    names = ("open", "high", "low", "close", "volume")
    return [
        _first(~np.isfinite(getattr(bars, name)), name, "NOT_A_NUMBER", "is not a finite number")
        for name in names
    ]


def _outside(price: Floats, bars: BarColumns) -> NDArray[np.bool_]:
    outside: NDArray[np.bool_] = (price < bars.low) | (price > bars.high)
    return outside


def _unsorted(times: Ints, name: str) -> list[_Fault | None]:
    steps = np.diff(times, prepend=times[:1] - 1) if len(times) else times
    return [
        _first(steps == 0, name, "DUPLICATE_TIME", "is that of the row before"),
        _first(steps < 0, name, "UNSORTED_TIME", "is before that of the row before"),
    ]


def _first(bad: NDArray[np.bool_], column: str, reason: str, text: str) -> _Fault | None:
    rows = np.flatnonzero(bad)
    return (int(rows[0]), column, reason, text) if len(rows) else None


def _bad(row: int, column: str, reason: str, text: str) -> BadBar:
    return BadBar(
        f"row {row}: {column} {text}",
        reason=reason,
        violations={column: f"row {row}: {text}"},
        row=str(row),
        column=column,
    )
