"""What every source of calendars promises, by days that everybody remembers."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from adapters.exchange_calendars.calendars import ExchangeCalendars
from domain.market_data.sessions import Sessions
from ports.calendar import Calendars

EPOCH = date(1970, 1, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("calendars")


@pytest.fixture(scope="module", params=["exchange_calendars", "exchange_calendars from a file"])
def calendars(request: pytest.FixtureRequest, folder: Path) -> Calendars:
    return ExchangeCalendars(folder)


def asked(calendars: Calendars, venue: str, first: str, last: str) -> Sessions:
    found = calendars.sessions(venue, date.fromisoformat(first), date.fromisoformat(last))
    assert found is not None
    return found


def days(sessions: Sessions) -> list[str]:
    return [date.fromordinal(EPOCH.toordinal() + day).isoformat() for day in sessions.days.tolist()]


def clocks(times: Sequence[int]) -> list[str]:
    return [datetime.fromtimestamp(ts / 1e9, UTC).strftime("%H:%M") for ts in times]


@pytest.mark.parametrize("venue", ["XNYS", "XNAS", "ARCX", "BATS", "IEXG", "XASE", "SYNTHETIC"])
def test_thanksgiving_is_closed_and_the_day_after_is_half_in_all_of_new_york(
    calendars: Calendars, venue: str
) -> None:
    found = asked(calendars, venue, "2013-11-27", "2013-12-02")
    assert days(found) == ["2013-11-27", "2013-11-29", "2013-12-02"]
    assert clocks(found.opens) == ["14:30", "14:30", "14:30"]
    assert clocks(found.closes) == ["21:00", "18:00", "21:00"]
    assert (found.calendar, found.time_zone) == ("XNYS", "America/New_York")


def test_four_days_of_september_2001_were_closed(calendars: Calendars) -> None:
    found = asked(calendars, "XNYS", "2001-09-10", "2001-09-17")
    assert days(found) == ["2001-09-10", "2001-09-17"]


def test_summer_time_moves_the_opening_in_utc(calendars: Calendars) -> None:
    found = asked(calendars, "XNAS", "2014-03-07", "2014-03-10")
    assert clocks(found.opens) == ["14:30", "13:30"]


def test_a_year_of_new_york_has_252_sessions(calendars: Calendars) -> None:
    found = asked(calendars, "XNYS", "2013-01-01", "2013-12-31")
    assert len(found) == 252
    assert (np.diff(found.days) > 0).all()
    assert (found.opens < found.closes).all()


def test_a_session_without_a_break_has_it_where_it_closes(calendars: Calendars) -> None:
    found = asked(calendars, "XLON", "2014-01-02", "2014-01-03")
    assert found.break_starts.tolist() == found.break_ends.tolist() == found.closes.tolist()


def test_hong_kong_eats_at_noon(calendars: Calendars) -> None:
    found = asked(calendars, "XHKG", "2014-01-02", "2014-01-02")
    assert clocks([*found.break_starts, *found.break_ends]) == ["04:00", "05:00"]


def test_a_venue_that_never_sleeps_has_a_session_a_day(calendars: Calendars) -> None:
    found = asked(calendars, "24/7", "2013-12-31", "2014-01-05")
    assert len(found) == 6
    assert (found.closes - found.opens == 86_400 * 10**9).all()


def test_a_venue_that_nobody_knows_has_no_calendar(calendars: Calendars) -> None:
    for venue in ("COIN", "", "../x", "XXXX"):
        assert calendars.sessions(venue, date(2014, 1, 1), date(2014, 1, 9)) is None


def test_what_it_does_not_know_it_says(calendars: Calendars) -> None:
    found = asked(calendars, "XNYS", "1900-01-01", "2014-01-02")
    assert found.first_day >= (date(1990, 1, 1) - EPOCH).days
    assert found.last_day == (date(2014, 1, 2) - EPOCH).days
    late = calendars.sessions("XNYS", date(2014, 1, 1), date.max)
    assert late is not None
    assert late.last_day == late.days[-1]


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    before = asked(ExchangeCalendars(tmp_path), "24/7", "2014-01-01", "2014-01-09")
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    again = asked(ExchangeCalendars(tmp_path), "24/7", "2014-01-01", "2014-01-09")
    assert again.opens.tolist() == before.opens.tolist()
    assert len(file.read_bytes()) > 100


def test_a_folder_that_cannot_be_written_keeps_nobody_from_asking(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    found = asked(ExchangeCalendars(tmp_path / "file" / "x"), "24/7", "2014-01-01", "2014-01-02")
    assert len(found) == 2
