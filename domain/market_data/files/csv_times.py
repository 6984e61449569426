"""The times people write into the first column of a CSV file, read strictly."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from domain.instruments import NANOSECONDS, Instrument, zone
from domain.market_data.timeframe import DAILY

DAY = 86_400 * NANOSECONDS
EPOCH_DAY = date(1970, 1, 1).toordinal()
FIRST_DAY, LAST_DAY = date(1800, 1, 1), date(2199, 12, 31)
LAST_TS = (LAST_DAY.toordinal() + 1 - EPOCH_DAY) * DAY
MOST_CLOCKS = 100_000  # how many times of day are remembered

_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)", re.ASCII)
_CLOCK = re.compile(
    r"[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(Z|UTC|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
# Whole seconds, milli-, micro- and nanoseconds since 1970, told apart by their number of digits:
# unambiguous for every moment from March 1973 to November 2286.
_EPOCH_UNITS = {9: NANOSECONDS, 12: 10**6, 15: 10**3, 18: 1}
_EPOCH_UNITS |= {digits + 1: unit for digits, unit in _EPOCH_UNITS.items()}


class TimeRefused(Exception):
    """The text is not a usable time; the argument is the reason."""


class CsvTimes:
    """Reads the time of a row: the moment its bar opens, or for a daily bar its session.

    ISO 8601 with a zone: `2014-01-02T14:30:00Z`, `2014-01-02 09:30:00-05:00`. Without a zone only
    where `time_zone` says which; otherwise TIME_WITHOUT_ZONE. Numbers of 9, 10, 12, 13, 15, 16, 18
    or 19 digits are seconds, milli-, micro- or nanoseconds since 1970 UTC. A daily bar may also
    have a plain date, `2014-01-02` or `20140102`; of a moment it takes the date on which it falls
    where the instrument trades, but midnight, in whatever zone it is written, means that date.
    """

    def __init__(self, instrument: Instrument, timeframe: str, time_zone: str = "") -> None:
        self._instrument = instrument
        self._daily = timeframe == DAILY
        self._zone = zone(time_zone) if time_zone else None
        self._days: dict[str, int] = {}
        self._clocks: dict[str, int] = {}

    def open_times(self, texts: Iterable[str]) -> tuple[list[int], dict[int, str]]:
        """When the bars open, in nanoseconds UTC; 0 for a text that is refused, and why by row."""
        opens, refused = [], {}
        days, clocks = self._days, self._clocks
        for row, text in enumerate(texts):
            try:
                # Days and times of day come again and again: looked up, a time costs a tenth.
                opens.append(days[text[:10]] + clocks[text[10:]])
            except KeyError:
                try:
                    opens.append(self.open_ts(text))
                except TimeRefused as refusal:
                    opens.append(0)
                    refused[row] = str(refusal)
        return opens, refused

    def open_ts(self, text: str) -> int:
        """When the bar of one text opens. Raises TimeRefused."""
        text = text.strip()
        if not text:
            raise TimeRefused("MISSING_VALUE")
        if text.isdigit() and text.isascii() and len(text) in _EPOCH_UNITS:
            return self._of_moment(int(text) * _EPOCH_UNITS[len(text)])
        found = _DATE.match(text)
        if found is None or found.end() == 9:
            raise TimeRefused("NOT_A_TIME")
        day, clock = _date(found), text[found.end() :]
        if clock:
            return self._with_clock(day, clock, found.end() == 10)
        if not self._daily:
            raise TimeRefused("NOT_A_TIME")
        return self._instrument.session_open_of(day)

    def _with_clock(self, day: date, text: str, dashed: bool) -> int:
        found = _CLOCK.fullmatch(text)
        if found is None:
            raise TimeRefused("NOT_A_TIME")
        clock, offset = _since_midnight(found), found[5]
        if self._daily and clock == 0 and (offset or self._zone):
            return self._instrument.session_open_of(day)
        midnight = (day.toordinal() - EPOCH_DAY) * DAY
        if offset:
            start, clock = midnight, clock - _offset(offset)
            usual = self._zone is None
        else:
            start = midnight - self._local_offset(day, clock)
            usual = self._is_steady(day)
        if usual and dashed and not self._daily and len(self._clocks) < MOST_CLOCKS:
            self._days[day.isoformat()], self._clocks[text] = start, clock
        return self._of_moment(start + clock)

    def _of_moment(self, ts: int) -> int:
        if ts > LAST_TS:
            raise TimeRefused("OUTSIDE_RANGE")
        if not self._daily:
            return ts
        if ts % DAY == 0:
            day = date.fromordinal(EPOCH_DAY + ts // DAY)
        else:
            where = zone(self._instrument.timezone)
            day = datetime.fromtimestamp(ts // NANOSECONDS, where).date()
        return self._instrument.session_open_of(day)

    def _local_offset(self, day: date, clock: int) -> int:
        if self._zone is None:
            raise TimeRefused("TIME_WITHOUT_ZONE")
        wall = datetime.combine(day, time()) + timedelta(seconds=clock // NANOSECONDS)
        local = wall.replace(tzinfo=self._zone)
        if local.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None) != wall:
            raise TimeRefused("NOT_A_TIME")  # the clocks skip it
        return _ahead_of_utc(local)  # of a wall time that comes twice, the first

    def _is_steady(self, day: date) -> bool:
        """Whether the clocks of the zone are not changed on this day."""
        midnight = datetime.combine(day, time(), self._zone)
        return _ahead_of_utc(midnight) == _ahead_of_utc(midnight + timedelta(days=1))


def _date(found: re.Match[str]) -> date:
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise TimeRefused("NOT_A_TIME") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise TimeRefused("OUTSIDE_RANGE")
    return day


def _since_midnight(found: re.Match[str]) -> int:
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise TimeRefused("NOT_A_TIME")
    fraction = int((found[4] or "").ljust(9, "0"))
    return (hour * 3600 + minute * 60 + second) * NANOSECONDS + fraction


def _offset(text: str) -> int:
    if text in ("Z", "UTC"):
        return 0
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise TimeRefused("NOT_A_TIME")
    seconds = hours * 3600 + minutes * 60
    return (-seconds if text[0] == "-" else seconds) * NANOSECONDS


def _ahead_of_utc(local: datetime) -> int:
    offset = local.utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) * NANOSECONDS
