"""No false alarms in real data: the sample that ships, and minutes where somebody has them."""

import gzip
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from adapters.exchange_calendars.calendars import ExchangeCalendars
from adapters.sample_data.loader import SampleData
from domain.instruments import Instrument
from domain.market_data.columns import BarColumns
from domain.market_data.corporate_actions import CorporateAction
from domain.market_data.new_instruments import new_instrument
from domain.market_data.quality.bars import BarInspector
from domain.market_data.quality.finding import Finding, Quality, Tally
from ports.bar_store import Adjustment
from tests.unit.market_data.files import ReadFile
from tests.unit.market_data.house import a_house

MINUTES = Path(os.environ.get("TRADEMESH_REAL_DATA", ".")) / "us_equity_minute_trade.csv.gz"
CALENDARS = ExchangeCalendars()


def rows_by_symbol() -> dict[str, list[str]]:
    """The rows of each symbol under the header."""
    if not MINUTES.exists():
        return {}
    with gzip.open(MINUTES, "rt") as file:
        header, *rows = file.read().splitlines()
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.split(",")[1], [header]).append(row)
    return found


MINUTE_ROWS = rows_by_symbol()


def look(
    instrument: Instrument,
    timeframe: str,
    bars: BarColumns,
    actions: Sequence[CorporateAction] = (),
) -> tuple[list[Finding], Quality]:
    inspector = BarInspector(
        instrument,
        timeframe,
        lambda first: CALENDARS.sessions(instrument.venue, first, date.max),
        actions,
    )
    nothing = np.zeros(len(bars), np.int64)
    found = inspector.take(bars, nothing, nothing) + inspector.finish()
    tally = Tally()
    tally.add(found)
    return found, inspector.quality(tally, 0)


async def test_the_sample_data_is_whole_and_nothing_is_odd_in_it(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await SampleData(house.instruments, house.bars).load()
        for series in await house.bars.series():
            name = series.instrument_id
            instrument = await house.instruments.get(name)
            bars = await house.bars.read(name, series.timeframe, adjustment=Adjustment.NONE)
            actions = await house.instruments.corporate_actions(name)
            found, quality = look(instrument, series.timeframe, bars, actions)
            assert found == [], name
            assert quality.expected_bar_count == series.bar_count


async def test_without_its_actions_the_sample_shows_its_splits(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await SampleData(house.instruments, house.bars).load()
        apple = await house.instruments.get("AAPL")
        bars = await house.bars.read("AAPL", "1d", adjustment=Adjustment.NONE)
        found, _ = look(apple, "1d", bars)
        days = [date.fromtimestamp(one.start_ts / 1e9).isoformat() for one in found]  # noqa: DTZ012
        assert days == ["2000-06-21", "2005-02-28"]


def symbols() -> list[str]:
    """Those of the real minutes in the folder that TRADEMESH_REAL_DATA names, if it does."""
    return sorted(MINUTE_ROWS) or ["none"]


@pytest.mark.parametrize("symbol", symbols())
def test_real_minutes_raise_no_alarm(symbol: str) -> None:
    if symbol == "none":
        return
    instrument = new_instrument(f"{symbol}.XNYS")
    assert instrument is not None
    read = ReadFile("\n".join(MINUTE_ROWS[symbol]).encode(), instrument)
    assert (read.refused, read.duplicates) == ([], [])
    assert isinstance(read.columns, BarColumns)
    found, _ = look(instrument, "1m", read.columns)
    assert {one.kind.name for one in found} <= {"GAP"}
    assert len(found) <= 2  # minutes in which nobody traded, and days that are not in it
