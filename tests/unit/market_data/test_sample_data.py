"""What is known of the shipped prices from elsewhere, and that nothing crept in."""

import csv
import gzip
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from adapters.sample_data import prepare
from adapters.sample_data.loader import (
    HERE,
    SampleData,
    sample_actions,
    sample_bars,
    sample_instruments,
)
from domain.market_data.columns import BarColumns
from domain.market_data.corporate_actions import Dividend, Split
from ports.bar_store import Adjustment
from tests.unit.market_data.house import House, a_house

SPLITS = {
    "AAPL.XNAS": {date(2000, 6, 21): 2, date(2005, 2, 28): 2},
    "FB.XNAS": {},
    "GOOG.XNAS": {},
    "IBM.XNYS": {},
    "MSFT.XNAS": {date(2003, 2, 18): 2},
}
BARS = {
    "AAPL.XNAS": 3270,
    "FB.XNAS": 196,
    "GOOG.XNAS": 2148,
    "IBM.XNYS": 3270,
    "MSFT.XNAS": 3270,
}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path, working=False) as house:
        await SampleData(house.instruments, house.bars).load()
        yield house


def on(bars: BarColumns, day: date) -> int:
    """The row of a session."""
    opens = [datetime.fromtimestamp(ts / 1e9, ZoneInfo("America/New_York")) for ts in bars.open_ts]
    return [open_.date() for open_ in opens].index(day)


async def test_every_series_is_loaded_whole(house: House) -> None:
    series = await house.bars.series()
    assert {one.instrument_id: one.bar_count for one in series} == BARS
    assert {one.source for one in series} == {"sample"}


async def test_loading_again_changes_nothing_and_keeps_corrections(house: House) -> None:
    bars = (await house.bars.read("AAPL", "1d", adjustment=Adjustment.NONE)).slice(0, 1)
    bars.close[0] = bars.high[0]
    await house.bars.append("AAPL.XNAS", "1d", bars, source="import")
    assert await SampleData(house.instruments, house.bars).load() == 0
    read = await house.bars.read("AAPL", "1d", adjustment=Adjustment.NONE, limit=1)
    assert read.close[0] == bars.high[0]
    assert len(await house.instruments.corporate_actions("AAPL.XNAS")) == 5


async def test_a_load_that_was_cut_short_goes_on(tmp_path: Path) -> None:
    async with a_house(tmp_path, working=False) as house:
        apple = sample_instruments()[0]
        await house.instruments.save(apple, sample_actions(apple.instrument_id))
        await house.bars.append(apple.instrument_id, "1d", sample_bars(apple), source="sample")
        assert await SampleData(house.instruments, house.bars).load() == 4
        assert {one.instrument_id for one in await house.bars.series()} == set(BARS)


async def test_apple_as_traded_around_its_second_split(house: House) -> None:
    raw = await house.bars.read("AAPL", "1d", adjustment=Adjustment.NONE)
    row = on(raw, date(2005, 2, 25))
    assert raw.close[row : row + 2].tolist() == [88.99, 44.86]
    assert raw.open[row : row + 2].tolist() == [89.62, 44.68]


async def test_apple_without_its_splits_goes_on_smoothly(house: House) -> None:
    adjusted = await house.bars.read("AAPL", "1d")
    row = on(adjusted, date(2005, 2, 25))
    assert adjusted.close[row : row + 2].tolist() == [44.495, 44.86]
    assert adjusted.close[0] == 32.5775
    assert adjusted.close[-1] == 430.47
    raw = await house.bars.read("AAPL", "1d", adjustment=Adjustment.NONE)
    assert adjusted.volume[0] == raw.volume[0] * 4


@pytest.mark.parametrize("name", BARS)
async def test_no_adjusted_day_halves_or_doubles_but_for_the_one_that_did(
    house: House, name: str
) -> None:
    bars = await house.bars.read(name, "1d")
    moves = bars.close[1:] / bars.close[:-1] - 1
    wild = {on(bars, date(2000, 9, 29)): -0.52} if name == "AAPL.XNAS" else {}
    for row in (np.flatnonzero(np.abs(moves) > 0.3) + 1).tolist():
        assert moves[row - 1] == pytest.approx(wild.pop(row), abs=0.005)
    assert not wild


async def test_a_daily_bar_is_a_session_of_new_york(house: House) -> None:
    bars = await house.bars.read("IBM", "1d")
    zone = ZoneInfo("America/New_York")
    for open_ts, ts in zip(bars.open_ts.tolist(), bars.ts.tolist(), strict=True):
        opened, closed = (datetime.fromtimestamp(at / 1e9, zone) for at in (open_ts, ts))
        assert (opened.hour, opened.minute, closed.hour, closed.minute) == (9, 30, 16, 0)
        assert opened.date() == closed.date()
        assert opened.weekday() < 5


@pytest.mark.parametrize("name", BARS)
def test_the_splits_are_those_that_happened(name: str) -> None:
    splits = {one.ex_date: one.ratio for one in sample_actions(name) if isinstance(one, Split)}
    assert splits == SPLITS[name]


def test_known_dividends() -> None:
    def dividends(name: str) -> dict[date, Decimal]:
        actions = sample_actions(name)
        return {one.ex_date: one.amount for one in actions if isinstance(one, Dividend)}

    assert dividends("AAPL.XNAS") == dict.fromkeys(
        (date(2012, 8, 9), date(2012, 11, 7), date(2013, 2, 7)), Decimal("2.65")
    )
    assert dividends("MSFT.XNAS")[date(2004, 11, 15)] == Decimal("3.08")
    assert dividends("MSFT.XNAS")[date(2003, 2, 19)] == Decimal("0.08")
    assert len(dividends("IBM.XNYS")) == 52
    assert dividends("GOOG.XNAS") == dividends("FB.XNAS") == {}


def test_ibm_never_cut_its_dividend_and_paid_each_quarter() -> None:
    actions = [one for one in sample_actions("IBM.XNYS") if isinstance(one, Dividend)]
    amounts = [one.amount for one in actions]
    assert amounts == sorted(amounts)
    days = [one.ex_date for one in actions]
    assert all(80 <= (b - a).days <= 100 for a, b in pairwise(days))


def test_the_shipped_files_are_small_and_carry_their_notice() -> None:
    shipped = [
        path for path in HERE.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    assert sum(path.stat().st_size for path in shipped) < 400_000
    notice = (HERE / "NOTICE").read_text()
    assert "public domain" in notice
    assert prepare.SOURCE_SHA256 in notice


def a_source(*rows: str) -> bytes:
    return "\n".join(["Ticker,Date,Open,High,Low,Close,Volume,Adj Close", *rows]).encode()


def test_preparing_tells_a_split_a_dividend_and_noise_apart() -> None:
    source = a_source(
        "X,2000-01-03,100,100,100,100,5,24.000000000001",
        "X,2000-01-04,100,100,100,100,5,24",
        "X,2000-01-05,50,50,50,50,5,24",
        "X,2000-01-06,50,50,50,50,5,24.24",
    )
    rows = list(prepare.rows_of(source, "X"))
    prepare.check(rows)
    assert list(prepare.corporate_actions(rows)) == [
        ("2000-01-05", "split", "2"),
        ("2000-01-06", "dividend", "0.50"),
    ]


@pytest.mark.parametrize(
    "row",
    [
        "X,2000-01-03,0,100,90,95,5,95",
        "X,2000-01-03,95,90,94,95,5,95",
        "X,2000-01-03,95,100,96,95,5,95",
        "X,2000-01-03,95,100,90,95,0,95",
    ],
)
def test_preparing_stops_at_a_row_that_is_no_bar(row: str) -> None:
    with pytest.raises(SystemExit):
        prepare.check(list(prepare.rows_of(a_source(row), "X")))


def test_preparing_stops_at_what_is_neither_split_nor_dividend() -> None:
    merged = a_source("X,2000-01-03,1,1,1,1,5,1", "X,2000-01-04,10,10,10,10,5,1")
    with pytest.raises(SystemExit):
        list(prepare.corporate_actions(list(prepare.rows_of(merged, "X"))))


def test_preparing_refuses_another_edition_of_the_source(tmp_path: Path) -> None:
    import zipfile

    wheel = tmp_path / "source.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(prepare.SOURCE, gzip.compress(a_source()))
    with pytest.raises(SystemExit):
        prepare.read_source(wheel)


def test_preparing_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    rows = []
    for instrument in sample_instruments():
        bars = sample_bars(instrument)
        for at in range(0, len(bars), 50):
            day = datetime.fromtimestamp(bars.ts[at] / 1e9, UTC).date()
            prices = (bars.open[at], bars.high[at], bars.low[at], bars.close[at])
            values = ",".join(str(price) for price in prices)
            rows.append(
                f"{instrument.symbol},{day},{values},{int(bars.volume[at])},{bars.close[at]}"
            )
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        prepare.write(a_source(*rows), tmp_path / name)
    for file in (tmp_path / "one").rglob("*.*"):
        if file.is_file():
            assert (
                file.read_bytes()
                == (tmp_path / "two" / file.relative_to(tmp_path / "one")).read_bytes()
            )
    with (tmp_path / "one" / "corporate_actions.csv").open() as written:
        assert list(csv.DictReader(written)) == []
