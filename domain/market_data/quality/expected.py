"""Which bars a calendar expects."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from domain.instruments import NANOSECONDS, zone
from domain.market_data.files.raw_rows import Flags, Ints
from domain.market_data.sessions import DAY, Sessions

EPOCH = date(1970, 1, 1)


class Expected:
    """Places for bars, numbered through all sessions.

    A session has a place for each span that begins in it, breaks apart; so bars that are counted
    from the opening and bars on full hours fill it alike. A daily bar has one place, its date.
    """

    def __init__(self, sessions: Sessions, span: int, *, daily: bool) -> None:
        self._daily = daily
        self._span = DAY if daily else span
        self._zone = zone(sessions.time_zone)
        if daily:
            starts = sessions.days * DAY
            ends = starts + DAY
        else:
            starts, ends = _stretches(sessions)
        self._starts, self._ends = starts, ends
        self._before = np.concatenate(([0], np.cumsum(_places(ends - starts, self._span))))
        self._sessions = sessions

    def places_before(self, ts: Ints) -> Ints:
        """How many places begin before each of these times."""
        at = np.searchsorted(self._starts, ts, side="left") - 1
        inside = np.clip(at, 0, None)
        into = np.minimum(ts, self._ends[inside]) - self._starts[inside]
        found: Ints = np.where(at < 0, 0, self._before[inside] + _places(into, self._span))
        return found

    def start_of(self, place: int) -> int:
        """When the place with this number, from 0, begins."""
        at = int(np.searchsorted(self._before, place, side="right")) - 1
        return int(self._starts[at] + (place - self._before[at]) * self._span)

    def end_of_stretch(self, place: int) -> int:
        """When the session, or the part of it before a break, ends that has this place."""
        return int(self._ends[int(np.searchsorted(self._before, place, side="right")) - 1])

    def is_within(self, ts: int) -> bool:
        """Whether the venue trades at this time, or on this date."""
        at = int(np.searchsorted(self._starts, ts, side="right")) - 1
        return at >= 0 and ts < self._ends[at]

    def is_closed(self, ts: Ints) -> Flags:
        """Which times lie on dates without a session: hours before and after one are no fault.

        What lies beyond the calendar is taken as open.
        """
        sessions = self._sessions
        if self._daily:
            days = ts // DAY
        else:
            at = np.searchsorted(sessions.opens, ts, side="right") - 1
            inside = (at >= 0) & (ts < sessions.closes[np.clip(at, 0, None)])
            days = self._dates(ts)
            days[inside] = sessions.days[at[inside]]
        known = (days >= sessions.first_day) & (days <= sessions.last_day)
        closed: Flags = known & ~np.isin(days, sessions.days)
        return closed

    def _dates(self, ts: Ints) -> Ints:
        """The dates at the venue, counted from 1970-01-01."""
        hours, place = np.unique(ts // (3600 * NANOSECONDS), return_inverse=True)
        offsets = [self._offset(hour) for hour in hours.tolist()]
        found: Ints = (ts + np.array(offsets, np.int64)[place]) // DAY
        return found

    def _offset(self, hour: int) -> int:
        offset = datetime.fromtimestamp(hour * 3600, UTC).astimezone(self._zone).utcoffset()
        assert offset is not None
        return int(offset.total_seconds()) * NANOSECONDS


def local_midnights(ts: Ints, time_zone: str) -> Ints:
    """The dates of moments in a zone, each as its midnight in UTC: what daily bars are held to."""
    where = zone(time_zone)
    days = [datetime.fromtimestamp(one // NANOSECONDS, where).date() for one in ts.tolist()]
    return np.array([(day - EPOCH).days * DAY for day in days], np.int64)


def day_before(ts: int) -> date:
    """The date before the one of this moment, or the first there is."""
    return (
        datetime.combine(EPOCH, time(), UTC) + timedelta(seconds=ts // NANOSECONDS - 86_400)
    ).date()


def _stretches(sessions: Sessions) -> tuple[Ints, Ints]:
    """Sessions, those with a break as two."""
    starts = np.stack((sessions.opens, sessions.break_ends), axis=1).ravel()
    ends = np.stack((sessions.break_starts, sessions.closes), axis=1).ravel()
    some = starts < ends
    return starts[some], ends[some]


def _places(length: Ints, span: int) -> Ints:
    return -(-length // span)
