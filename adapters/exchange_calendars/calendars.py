"""Calendars of the library exchange_calendars.

It brings pandas and takes seconds to load: so it is loaded when it is needed, in a worker, and what
it says of a venue is kept in a file until another version of it says it anew.
"""

import warnings
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import DecodeError, Struct, msgpack

from domain.market_data.sessions import Sessions
from ports.calendar import Calendars

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar

FIRST = date(1990, 1, 1)  # asked for; some calendars begin later
LIBRARY = "exchange_calendars"
EPOCH = date(1970, 1, 1)
_SAME = dict.fromkeys(
    ("SYNTHETIC", "XNAS", "ARCX", "BATS", "BATY", "EDGA", "EDGX", "IEXG", "XASE", "OOTC"), "XNYS"
)


class _Table(Struct, frozen=True):
    """A calendar in a file: columns of little-endian integers."""

    calendar: str
    time_zone: str
    first_day: int
    last_day: int
    columns: tuple[bytes, ...]


class ExchangeCalendars(Calendars):
    """`folder` is where calendars are kept, made when the first one is; None keeps none."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._tables: dict[str, Sessions | None] = {}

    def sessions(self, venue: str, first_day: date, last_day: date) -> Sessions | None:
        name = _SAME.get(venue, venue)
        if name not in self._tables:
            self._tables[name] = self._read(name) or self._ask(name)
        whole = self._tables[name]
        return None if whole is None else _between(whole, first_day, last_day)

    def _file(self, name: str) -> Path | None:
        if self._folder is None or not name.replace("/", "").isalnum():
            return None
        return self._folder / f"{name.replace('/', '-')}-{version(LIBRARY)}-{date.today().year}"  # noqa: DTZ011

    def _read(self, name: str) -> Sessions | None:
        file = self._file(name)
        try:
            if file is not None and file.exists():
                return _sessions(msgpack.decode(file.read_bytes(), type=_Table))
        except (OSError, DecodeError, ValueError):
            pass  # made anew
        return None

    def _ask(self, name: str) -> Sessions | None:
        with warnings.catch_warnings():  # pandas warns the library of its next version, not us
            warnings.simplefilter("ignore")
            table = _asked(name)
        if table is None:
            return None
        file = self._file(name)
        if file is not None:
            _keep(file, msgpack.encode(table))
        return _sessions(table)


def _asked(name: str) -> _Table | None:
    from exchange_calendars.calendar_utils import get_calendar_names

    if name not in get_calendar_names(include_aliases=True):
        return None
    calendar = _made(name, FIRST)
    if calendar is None and (usual := _made(name)) is not None:  # it begins later
        begins = type(usual).bound_min()
        calendar = (_made(name, begins.date()) if begins is not None else None) or usual
    return None if calendar is None else _table(name, calendar)


def _made(name: str, start: date | None = None) -> "ExchangeCalendar | None":
    """The calendar; None where the library cannot make it, as of a venue whose rules changed."""
    from exchange_calendars import get_calendar

    try:
        return get_calendar(name, start=None if start is None else start.isoformat())
    except ValueError:
        return None


def _table(name: str, calendar: "ExchangeCalendar") -> _Table:
    opens, closes = _ns(calendar.opens), _ns(calendar.closes)
    breaks = calendar.break_starts.notna().to_numpy()
    break_starts = np.where(breaks, _ns(calendar.break_starts), closes)
    break_ends = np.where(breaks, _ns(calendar.break_ends), closes)
    days = calendar.sessions.to_numpy().astype("datetime64[D]").astype(np.int64)
    columns = (days, opens, break_starts, break_ends, closes)
    return _Table(
        calendar=name,
        time_zone=str(calendar.tz),
        first_day=int(days[0]),
        last_day=int(days[-1]),
        columns=tuple(column.astype("<i8").tobytes() for column in columns),
    )


def _ns(times: Any) -> "np.ndarray[Any, np.dtype[np.int64]]":
    found: np.ndarray[Any, np.dtype[np.int64]] = (
        times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[ns]")
    ).astype(np.int64)
    return found


def _sessions(table: _Table) -> Sessions:
    columns = [np.frombuffer(column, "<i8").astype(np.int64) for column in table.columns]
    return Sessions(table.calendar, table.time_zone, table.first_day, table.last_day, *columns)


def _between(whole: Sessions, first_day: date, last_day: date) -> Sessions:
    first, last = (first_day - EPOCH).days, (last_day - EPOCH).days
    start = int(np.searchsorted(whole.days, first))
    end = int(np.searchsorted(whole.days, last, side="right"))
    columns = (whole.days, whole.opens, whole.break_starts, whole.break_ends, whole.closes)
    return Sessions(
        whole.calendar,
        whole.time_zone,
        max(first, whole.first_day),
        min(last, whole.last_day),
        *(column[start:end] for column in columns),
    )


def _keep(file: Path, data: bytes) -> None:
    """A folder that cannot be written only means that the next one has to ask again."""
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        unfinished = file.with_name(f"{file.name}.{id(data)}.unfinished")
        unfinished.write_bytes(data)
        unfinished.replace(file)
    except OSError:
        return
