"""Bars out of whatever holds columns by name: frames of any library, queries, numpy arrays."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.errors import invalid
from domain.instruments import Instrument
from domain.market_data.columns import BarColumns, bar_columns

_TIMES = ("ts", "time", "close_time", "timestamp", "datetime", "date", "session")
_OPEN_TIMES = ("open_ts", "open_time")
_PRICES = ("open", "high", "low", "close")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400 * 1_000_000_000

Names = Mapping[str, Any]


def bars_of(data: Any, instrument: Instrument) -> BarColumns:
    """Checked columns.

    Raises InvalidRequest with the field at fault: NOT_A_FRAME, MISSING_COLUMN, NOT_A_COLUMN,
    NOT_A_NUMBER, NOT_A_TIME, TIME_OUT_OF_RANGE; and BadBar for the first row that is no bar.
    """
    data = _asked(data)
    names = _names(data)
    missing = [name for name in _PRICES if name not in names]
    if missing:
        raise invalid(missing[0], "there is no such column", reason="MISSING_COLUMN")
    ts = _nanoseconds(_times(data, names))
    opened = next((names[one] for one in _OPEN_TIMES if one in names), None)
    if opened is not None:
        open_ts = _nanoseconds(_array(data, opened))
    elif len(ts) and not (ts % _DAY).any():
        open_ts, ts = _sessions(ts, instrument)
    else:
        open_ts = _opens(ts)
    values = {name: _numbers(_array(data, names[name]), name) for name in _PRICES}
    has_volume = "volume" in names
    return bar_columns(
        ts,
        open_ts,
        **values,
        volume=_numbers(_array(data, names["volume"]), "volume") if has_volume else ts * 0.0,
        price_decimals=instrument.price_decimals,
    )


def _asked(data: Any) -> Any:
    """The answer to a query of DuckDB or Polars that has not been asked yet."""
    for ask in ("fetchnumpy", "collect"):
        if hasattr(data, ask) and not isinstance(data, type):
            return getattr(data, ask)()
    return data


def _names(data: Any) -> Names:
    """What the columns are called, by their names in small letters."""
    for attribute in ("column_names", "columns"):  # of Arrow the former, of other frames the latter
        found = getattr(data, attribute, None)
        if isinstance(found, Iterable):
            return {str(name).lower(): name for name in found}
    if isinstance(data, Mapping):
        return {str(name).lower(): name for name in data}
    hint = ": read the file first" if isinstance(data, str) else ""
    raise invalid(
        "data",
        f"is {type(data).__name__}, neither a data frame nor columns by name{hint}",
        reason="NOT_A_FRAME",
    )


def _times(data: Any, names: Names) -> NDArray[Any]:
    for name in _TIMES:
        if name in names:
            return _array(data, names[name])
    if hasattr(data, "index") and not isinstance(data, Mapping):
        index = np.asarray(data.index)
        if index.dtype.kind not in "iu":  # pandas numbers the rows of a frame without an index
            return index
    raise invalid("time", "there is no such column", reason="MISSING_COLUMN")


def _array(data: Any, name: Any) -> NDArray[Any]:
    column = data[name]
    try:
        array = np.asarray(column.to_numpy() if hasattr(column, "to_numpy") else column)
    except ValueError as error:  # rows of different lengths
        raise invalid(str(name), f"is not one column: {error}", reason="NOT_A_COLUMN") from error
    if array.ndim != 1:
        raise invalid(str(name), "is not one column", reason="NOT_A_COLUMN")
    return array


def _numbers(column: NDArray[Any], name: str) -> NDArray[np.float64]:
    try:
        if column.dtype.kind == "c":
            raise TypeError("complex")
        return column.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise invalid(
            name, f"is not a number everywhere: {error}", reason="NOT_A_NUMBER"
        ) from error


def _nanoseconds(times: NDArray[Any]) -> NDArray[np.int64]:
    if times.dtype.kind == "M":
        if np.isnat(times).any():
            raise invalid("time", "is missing in some row", reason="NOT_A_TIME")
        exact = times.astype("datetime64[ns]")
        if (exact.astype(times.dtype) != times).any():  # it went around the end of the numbers
            raise _out_of_range()
        return exact.astype(np.int64)
    if times.dtype.kind in "iu":
        found = times.astype(np.int64)
        if times.dtype.kind == "u" and (found < 0).any():
            raise _out_of_range()
        return found
    if times.dtype.kind in "OU":
        try:
            return np.array([_nanosecond(one) for one in times.tolist()], np.int64)
        except OverflowError as error:
            raise _out_of_range() from error
    raise invalid("time", "is no datetimes, text or integer nanoseconds", reason="NOT_A_TIME")


def _out_of_range() -> Exception:
    return invalid("time", "must lie between 1678 and 2261", reason="TIME_OUT_OF_RANGE")


def _nanosecond(time: object) -> int:
    if isinstance(time, str):
        time = _read(time)
    if isinstance(time, datetime):
        moment = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
        return (moment - _EPOCH) // timedelta(microseconds=1) * 1000
    if isinstance(time, date):
        return (datetime(time.year, time.month, time.day, tzinfo=UTC) - _EPOCH).days * _DAY
    raise invalid("time", f"{time!r} is not a datetime", reason="NOT_A_TIME")


def _read(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid("time", f"{text!r} is not a time", reason="NOT_A_TIME") from error


def _sessions(
    midnights: NDArray[np.int64], instrument: Instrument
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Open and close of the session of each date."""
    days = [date.fromordinal(_EPOCH.toordinal() + day) for day in (midnights // _DAY).tolist()]
    opens = [instrument.session_open_of(day) for day in days]
    closes = [instrument.session_close_after(ts) for ts in opens]
    return np.array(opens, np.int64), np.array(closes, np.int64)


def _opens(ts: NDArray[np.int64]) -> NDArray[np.int64]:
    """When each bar opened, for all we know: when the one before closed."""
    if len(ts) < 2:
        return ts - 1
    first_span = max(1, abs(int(ts[1]) - int(ts[0])))
    return np.concatenate([[ts[0] - first_span], ts[:-1]])
