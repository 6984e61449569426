"""How times may be written in a CSV file."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instruments import Instrument
from domain.market_data.files.csv_times import CsvTimes, TimeRefused
from domain.market_data.new_instruments import new_instrument
from tests.unit.market_data.house import APPLE

NEW_YORK = "America/New_York"
TOKYO = Instrument("7203.XTKS", "7203", "XTKS", timezone="Asia/Tokyo")
BITCOIN = new_instrument("BTC-USD.COIN")
assert BITCOIN is not None


def nanoseconds(moment: str) -> int:
    since = datetime.fromisoformat(moment) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since // timedelta(microseconds=1)) * 1000


@pytest.mark.parametrize(
    "text",
    [
        "2014-01-02T14:30:00Z",
        "2014-01-02 14:30:00Z",
        "2014-01-02T14:30Z",
        "2014-01-02 14:30:00 UTC",
        "2014-01-02T14:30:00+00:00",
        "2014-01-02T09:30:00-05:00",
        "2014-01-02 09:30:00-0500",
        "2014-01-02T09:30-05",
        "2014-01-02T20:00:00+05:30",
        "20140102T14:30:00Z",
        "2014-01-02T14:30:00.000000000Z",
        " 2014-01-02T14:30:00Z ",
        "1388673000",
        "1388673000000",
        "1388673000000000",
        "1388673000000000000",
    ],
)
def test_one_moment_in_many_hands(text: str) -> None:
    assert CsvTimes(APPLE, "1m").open_ts(text) == 1_388_673_000 * 10**9


def test_a_moment_before_september_2001_may_be_a_number_too() -> None:
    assert CsvTimes(APPLE, "1m").open_ts("951921000") == 951_921_000 * 10**9


def test_nanoseconds_are_kept() -> None:
    times = CsvTimes(APPLE, "1m")
    assert times.open_ts("1970-01-01T00:00:00.123456789Z") == 123_456_789


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2014-01-02T14:30:00", "TIME_WITHOUT_ZONE"),
        ("2014-01-02 14:30", "TIME_WITHOUT_ZONE"),
        ("20140102 14:30", "TIME_WITHOUT_ZONE"),
        ("2014-01-02", "NOT_A_TIME"),  # a date is no time of a minute
        ("01/02/2014 14:30", "NOT_A_TIME"),  # January or February?
        ("2014-13-02T14:30:00Z", "NOT_A_TIME"),
        ("2014-02-30T14:30:00Z", "NOT_A_TIME"),
        ("2014-01-02T24:00:00Z", "NOT_A_TIME"),
        ("2014-01-02T14:60:00Z", "NOT_A_TIME"),
        ("2014-01-02T14:30:60Z", "NOT_A_TIME"),
        ("2014-01-02T14:30:00+25:00", "NOT_A_TIME"),
        ("2014-01-02T14:30:00+05:99", "NOT_A_TIME"),
        ("2014-01-02T14:30:00Zulu", "NOT_A_TIME"),
        ("2014-0102T14:30:00Z", "NOT_A_TIME"),
        ("２０１４-01-02T14:30:00Z", "NOT_A_TIME"),
        ("1388673000.5", "NOT_A_TIME"),
        ("-1388673000", "NOT_A_TIME"),
        ("13886730", "NOT_A_TIME"),
        ("soon", "NOT_A_TIME"),
        ("0001-01-01T00:00:00Z", "OUTSIDE_RANGE"),
        ("9999-01-01T00:00:00Z", "OUTSIDE_RANGE"),
        ("9388673000000000000", "OUTSIDE_RANGE"),
    ],
)
def test_what_is_no_time_says_why(text: str, reason: str) -> None:
    with pytest.raises(TimeRefused, match=f"^{reason}$"):
        CsvTimes(APPLE, "1m").open_ts(text)


def test_a_time_without_a_zone_is_read_in_the_zone_that_is_given() -> None:
    times = CsvTimes(APPLE, "1m", NEW_YORK)
    assert times.open_ts("2014-01-02 09:30:00") == nanoseconds("2014-01-02T14:30:00Z")
    assert times.open_ts("2014-07-02 09:30:00") == nanoseconds("2014-07-02T13:30:00Z")
    assert times.open_ts("2014-07-02 09:30:00Z") == nanoseconds("2014-07-02T09:30:00Z")


def test_when_the_clocks_change_the_hour_that_is_skipped_is_refused() -> None:
    times = CsvTimes(APPLE, "1m", NEW_YORK)
    assert times.open_ts("2014-03-09 01:59") == nanoseconds("2014-03-09T06:59:00Z")
    with pytest.raises(TimeRefused, match="NOT_A_TIME"):
        times.open_ts("2014-03-09 02:30")
    assert times.open_ts("2014-03-09 03:00") == nanoseconds("2014-03-09T07:00:00Z")


def test_when_the_clocks_change_the_hour_that_comes_twice_is_the_first() -> None:
    times = CsvTimes(APPLE, "1m", NEW_YORK)
    assert times.open_ts("2014-11-02 01:30") == nanoseconds("2014-11-02T05:30:00Z")


@pytest.mark.parametrize(
    ("instrument", "text"),
    [
        (APPLE, "2014-01-02"),
        (APPLE, "20140102"),
        (APPLE, "2014-01-02T00:00:00Z"),  # midnight means the date, in whatever zone
        (APPLE, "2014-01-02 00:00:00-05:00"),
        (APPLE, "2014-01-02 00:00:00+09:00"),
        (APPLE, "2014-01-02T05:00:00Z"),  # midnight in New York
        (APPLE, "2014-01-02T14:30:00Z"),
        (APPLE, "2014-01-02T21:00:00Z"),
        (APPLE, "2014-01-03T02:00:00Z"),  # still the 2nd in New York
        (APPLE, "1388620800"),  # 00:00 UTC
        (APPLE, "1388638800000"),  # 00:00 New York
    ],
)
def test_a_daily_bar_is_of_the_session_it_names(instrument: Instrument, text: str) -> None:
    opened = CsvTimes(instrument, "1d").open_ts(text)
    assert opened == nanoseconds("2014-01-02T09:30:00-05:00")


def test_midnight_in_tokyo_is_the_tokyo_session_though_utc_is_a_day_behind() -> None:
    opened = CsvTimes(TOKYO, "1d").open_ts("2014-01-01T15:00:00Z")
    assert opened == nanoseconds("2014-01-02T09:30:00+09:00")


def test_a_market_that_never_sleeps_opens_at_midnight() -> None:
    assert CsvTimes(BITCOIN, "1d").open_ts("2014-01-02") == nanoseconds("2014-01-02T00:00:00Z")


def test_a_daily_time_of_day_without_a_zone_is_refused() -> None:
    with pytest.raises(TimeRefused, match="TIME_WITHOUT_ZONE"):
        CsvTimes(APPLE, "1d").open_ts("2014-01-02 16:00:00")
    with pytest.raises(TimeRefused, match="TIME_WITHOUT_ZONE"):
        CsvTimes(APPLE, "1d").open_ts("2014-01-02 00:00:00")
    times = CsvTimes(APPLE, "1d", NEW_YORK)
    assert times.open_ts("2014-01-02 00:00:00") == nanoseconds("2014-01-02T14:30:00Z")


MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1))  # noqa: DTZ001
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moments=st.lists(st.tuples(MOMENTS, OFFSETS), min_size=1, max_size=20))
def test_any_iso_time_with_a_zone_is_what_python_reads(
    moments: list[tuple[datetime, timezone]],
) -> None:
    texts = [moment.replace(tzinfo=offset).isoformat() for moment, offset in moments] * 2
    opens, refused = CsvTimes(APPLE, "1m").open_times(texts)
    assert refused == {}
    assert opens == [nanoseconds(text) for text in texts]


DAYS = st.sampled_from([7, 66, 67, 68, 304, 305, 306])  # the clocks change on two of them


@given(days=st.lists(st.tuples(DAYS, st.integers(0, 1439)), min_size=1, max_size=30))
def test_any_local_time_is_what_python_reads(days: list[tuple[int, int]]) -> None:
    zone, texts, expected, skipped = ZoneInfo(NEW_YORK), [], [], set()
    for row, (day, minute) in enumerate(days * 2):
        wall = datetime(2014, 1, 1) + timedelta(days=day, minutes=minute)  # noqa: DTZ001
        local = wall.replace(tzinfo=zone)
        texts.append(wall.isoformat())
        if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall:
            expected.append(nanoseconds(local.isoformat()))
        else:
            expected.append(0)
            skipped.add(row)
    opens, refused = CsvTimes(APPLE, "1m", NEW_YORK).open_times(texts)
    assert opens == expected
    assert refused == dict.fromkeys(skipped, "NOT_A_TIME")


def test_a_file_may_mix_times_with_and_without_a_zone() -> None:
    texts = ["2014-01-02 09:30", "2014-01-02 09:31", "2014-01-02T09:30:00Z", "2014-01-02 09:30"]
    opens, refused = CsvTimes(APPLE, "1m", NEW_YORK).open_times(texts)
    half_past_nine, minute = nanoseconds("2014-01-02T14:30:00Z"), 60 * 10**9
    assert [ts - half_past_nine for ts in opens] == [0, minute, -5 * 60 * minute, 0]
    assert refused == {}
