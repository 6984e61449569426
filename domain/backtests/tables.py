"""Rows that also come as columns, so that any data frame takes them."""

from decimal import Decimal
from enum import IntEnum
from html import escape
from typing import Any, Generic, TypeVar

import numpy as np
from msgspec import Struct
from msgspec.structs import fields
from numpy.typing import NDArray

Row = TypeVar("Row", bound=Struct)

_SHOWN = 20  # rows in a notebook


class Table(list[Row], Generic[Row]):
    """A list of rows. `polars.DataFrame(table.columns)` or pandas' makes a frame of it."""

    def __init__(self, row_type: type[Row], rows: Any = ()) -> None:
        super().__init__(rows)
        self._row_type = row_type

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """One array a field, in the order of the rows; an empty table has its columns too.

        Times are datetime64 in UTC, without a zone: `ts` is called `time`, `entry_ts` `entry_time`.
        Decimals are the nearest doubles, NaN where there is none; sides, types and states are
        their names.
        """
        return {
            _name(field.name): _column([getattr(row, field.name) for row in self], field)
            for field in fields(self._row_type)
        }

    def _repr_html_(self) -> str:
        """The first rows, for a notebook."""
        names = list(self.columns)
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        rows = "".join(f"<tr>{_cells(row)}</tr>" for row in self[:_SHOWN])
        rest = f"<p>{len(self) - _SHOWN:,} more</p>" if len(self) > _SHOWN else ""
        return f"<div><table><tr>{head}</tr>{rows}</table>{rest}</div>"


def times_of(ts: Any) -> NDArray[np.datetime64]:
    """Nanoseconds UTC as datetime64."""
    return np.asarray(ts, np.int64).astype("datetime64[ns]")


def _cells(row: Struct) -> str:
    values = (_shown(name, getattr(row, name)) for name in row.__struct_fields__)
    return "".join(f"<td>{escape(value)}</td>" for value in values)


def _shown(field: str, value: Any) -> str:
    if _is_time(field):
        return str(times_of(value).astype("datetime64[s]")).replace("T", " ")
    if isinstance(value, IntEnum):
        return value.name
    return "" if value is None else f"{value:,}" if isinstance(value, Decimal) else str(value)


def _name(field: str) -> str:
    return field.removesuffix("ts") + "time" if _is_time(field) else field


def _is_time(field: str) -> bool:
    return field == "ts" or field.endswith("_ts")


def _column(values: list[Any], field: Any) -> NDArray[Any]:
    kind = field.type
    if _is_time(field.name):
        return times_of(values)
    if kind in (Decimal, Decimal | None, float):
        return np.array([np.nan if one is None else float(one) for one in values], np.float64)
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return np.array([one.name for one in values], np.str_)
    return np.array(values, np.str_ if kind is str else np.int64)
