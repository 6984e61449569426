"""A look at bars: against the calendar of their venue, and against each other."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

import numpy as np

from domain.instruments import NANOSECONDS, Instrument, zone
from domain.market_data.columns import BarColumns, join_bars, no_bars
from domain.market_data.corporate_actions import CorporateAction, Split
from domain.market_data.files.checked_rows import AnyColumns
from domain.market_data.files.raw_rows import Flags, Ints
from domain.market_data.quality.expected import Expected, day_before, local_midnights
from domain.market_data.quality.finding import Finding, FindingKind, Quality, Tally
from domain.market_data.quality.inspector import Inspector
from domain.market_data.quality.levels import (
    NEIGHBOURS,
    least_of,
    outliers,
    split_finding,
    suspected_splits,
)
from domain.market_data.quality.runs import Runs
from domain.market_data.sessions import DAY, Sessions
from domain.market_data.timeframe import DAILY, span_of

SessionsFrom = Callable[[date], Sessions | None]


class BarInspector(Inspector):
    """Finds gaps, bars while the venue is closed, outliers and suspected splits.

    Without a calendar neither gaps nor closed days are looked for. A bar that was refused is no gap
    as well: it was told once. `sessions` is asked once, for those from the first bar's day on.
    """

    def __init__(
        self,
        instrument: Instrument,
        timeframe: str,
        sessions: SessionsFrom,
        actions: Sequence[CorporateAction],
    ) -> None:
        self._zone = instrument.timezone
        self._daily = timeframe == DAILY
        self._span = span_of(timeframe)
        self._sessions = sessions
        self._splits = {one.ex_date for one in actions if isinstance(one, Split)}
        self._calendar = ""
        self._expected: Expected | None = None
        self._first: int | None = None
        self._end = 0
        self._closed = Runs()
        self._tail = no_bars()
        self._tail_lines: Ints = np.empty(0, np.int64)
        self._judged = 0

    def take(self, columns: AnyColumns, lines: Ints, lost: Ints) -> list[Finding]:
        if not isinstance(columns, BarColumns) or not len(columns):
            return []
        if self._first is None:
            self._open(columns)
        found = self._against_calendar(columns, lines, lost)
        self._tail = join_bars([self._tail, columns])
        self._tail_lines = np.concatenate((self._tail_lines, lines))
        return found + self._judge(len(self._tail) - NEIGHBOURS)

    def finish(self) -> list[Finding]:
        return self._closed.finish() + self._judge(len(self._tail))

    def quality(self, tally: Tally, check_ts: int) -> Quality:
        expected = 0
        if self._expected is not None and self._first is not None:
            ends = self._expected.places_before(np.array([self._first, self._end]))
            expected = int(ends[1] - ends[0])
        return Quality(self._calendar, expected, tally.missing, dict(tally.counts), check_ts)

    def _open(self, bars: BarColumns) -> None:
        sessions = self._sessions(day_before(int(bars.open_ts[0])))
        if sessions is not None and len(sessions):
            self._calendar = sessions.calendar
            self._expected = Expected(sessions, self._span, daily=self._daily)
        starts, _ = self._places(bars.slice(0, 1))
        self._first = self._end = int(starts[0])

    def _places(self, bars: BarColumns) -> tuple[Ints, Ints]:
        """Where the bars begin and end on the axis of the calendar: dates for daily ones."""
        if not self._daily:
            return bars.open_ts, bars.ts
        days = local_midnights(bars.open_ts, self._zone)
        return days, days + DAY

    def _against_calendar(self, bars: BarColumns, lines: Ints, lost: Ints) -> list[Finding]:
        if self._expected is None:
            return []
        starts, ends = self._places(bars)
        before = np.concatenate(([self._end], ends[:-1]))
        self._end = int(ends[-1])
        found = self._gaps(self._expected, before, starts, lost)
        closed = self._expected.is_closed(starts)
        return found + self._off_session(bars, lines, closed)

    def _gaps(self, expected: Expected, before: Ints, starts: Ints, lost: Ints) -> list[Finding]:
        first, last = expected.places_before(before), expected.places_before(starts)
        missing = last - first - lost
        found = []
        for row in np.flatnonzero(missing > 0).tolist():
            at, to = int(before[row]), int(starts[row])
            start = at if expected.is_within(at) else expected.start_of(int(first[row]))
            end = min(to, expected.end_of_stretch(int(last[row]) - 1))
            found.append(Finding(FindingKind.GAP, start, end, int(missing[row])))
        return found

    def _off_session(self, bars: BarColumns, lines: Ints, closed: Flags) -> list[Finding]:
        return self._closed.take(
            closed,
            lambda row: Finding(
                FindingKind.OFF_SESSION, int(bars.open_ts[row]), line=int(lines[row])
            ),
        )

    def _judge(self, end: int) -> list[Finding]:
        """Outliers and splits in the rows up to `end` that were not judged before."""
        bars, lines, rows = self._tail, self._tail_lines, range(self._judged, max(end, 0))
        if rows.stop <= rows.start:
            return []
        steps = suspected_splits(bars, rows, daily=self._daily)
        unknown = [(row, text) for row, text in steps if not self._is_known(bars, row)]
        found = [split_finding(bars, lines, row, text) for row, text in unknown]
        found += outliers(bars, lines, rows, least=least_of(self._span))
        cut = max(0, rows.stop - NEIGHBOURS)
        self._tail, self._tail_lines = bars.slice(cut, len(bars)), lines[cut:]
        self._judged = rows.stop - cut
        return found

    def _is_known(self, bars: BarColumns, row: int) -> bool:
        """Whether a split that we know of fell between this bar and the one before."""
        where = zone(self._zone)
        before, after = (
            datetime.fromtimestamp(int(bars.open_ts[at]) // NANOSECONDS, where).date()
            for at in (row - 1, row)
        )
        return any(before < day <= after for day in self._splits)
