"""Synthetic markets on their way into the house: as any import, and always recognisable."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.market_data.imports.import_terms import WantedImport
from domain.errors import InvalidRequest, NotFound
from domain.market_data.corporate_actions import Split
from domain.market_data.imports import Content, Import, ImportState, SyntheticTerms
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.sessions import Sessions
from domain.market_data.tick_columns import TickKind
from domain.market_data.trade_columns import TradeColumns
from ports.bar_store import Adjustment
from ports.calendar import Calendars
from tests.builders import winter_sessions
from tests.unit.market_data.house import House, a_house, a_request

NAME = "DEMO.SYNTHETIC"
START = date(2024, 1, 2)


class TenDays(Calendars):
    """The venue SYNTHETIC for ten days, and no other venue."""

    def sessions(self, venue: str, first_day: date, last_day: date) -> Sessions | None:
        return winter_sessions(START, *[390] * 10) if venue == "SYNTHETIC" else None


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path, calendars=TenDays()) as house:
        yield house


def wanted(content: Content = Content.BARS, *, name: str = NAME, **terms: Any) -> WantedImport:
    made = SyntheticTerms(**({"seed": 7, "start_date": START, "session_count": 4} | terms))
    timeframe = "1m" if content is Content.BARS else ""
    return WantedImport(name, timeframe, content=content, synthetic=made)


async def made(house: House, *args: Any, call: str = "1", **terms: Any) -> Import:
    one = await house.create_import(wanted(*args, **terms), b"", request=a_request(call))
    return await house.ended(one.import_id)


async def test_bars_are_made_kept_and_labelled(house: House) -> None:
    one = await made(house)
    assert (one.state, one.bar_count, one.read_rows) == (ImportState.SUCCEEDED, 1560, 1560)
    [series] = await house.bars.series()
    assert (series.instrument_id, series.source, series.bar_count) == (NAME, "SYNTHETIC", 1560)
    instrument = await house.instruments.get("DEMO")
    assert (instrument.tick_size, instrument.lot_size) == (Decimal("0.01"), Decimal(1))
    assert instrument.venue == "SYNTHETIC"


async def test_quotes_trades_and_bars_of_a_seed_are_one_market(house: House) -> None:
    for content in (Content.QUOTES, Content.TRADES, Content.BARS):
        one = await made(house, content, call=content)
        assert one.state is ImportState.SUCCEEDED
    kept = [(one.kind, one.source) for one in await house.ticks.series()]
    assert kept == [(TickKind.QUOTES, "SYNTHETIC"), (TickKind.TRADES, "SYNTHETIC")]
    quotes = await house.ticks.read(NAME, QuoteColumns)
    trades = await house.ticks.read(NAME, TradeColumns)
    bars = await house.bars.read(NAME, "1m")
    assert np.isin(trades.ts, quotes.ts).all()
    assert bars.high.max() == trades.price.max()
    assert bars.volume.sum() == trades.size.sum()


async def test_splits_are_kept_as_corporate_actions_also_when_made_again(house: House) -> None:
    for call in ("1", "2"):
        await made(house, call=call, session_count=10, split_count=2)
    await made(house, Content.QUOTES, call="3", session_count=10, split_count=2)
    actions = await house.instruments.corporate_actions(NAME)
    assert [type(action) for action in actions] == [Split, Split]
    raw = await house.bars.read(NAME, "1m", adjustment=Adjustment.NONE)
    adjusted = await house.bars.read(NAME, "1m")
    assert np.abs(np.diff(np.log(raw.close))).max() > 0.6
    assert np.abs(np.diff(np.log(adjusted.close))).max() < 0.05


async def test_another_seed_takes_the_place_of_the_splits_too(house: House) -> None:
    await made(house, session_count=10, split_count=3)
    await made(house, call="2", session_count=10, split_count=0)
    assert await house.instruments.corporate_actions(NAME) == []


async def test_what_is_found_in_it_are_the_pauses_that_were_asked_for(house: House) -> None:
    one = await made(
        house,
        session_count=10,
        split_count=2,
        gaps_per_100_sessions=100,
        halts_per_100_sessions=50,
    )
    assert one.quality is not None
    assert one.quality.finding_counts == {"GAP": 15}
    assert one.quality.missing_bar_count == 3900 - one.bar_count


async def test_a_market_that_ends_with_the_calendar_fails_and_keeps_nothing(house: House) -> None:
    one = await made(house, session_count=11)
    assert (one.state, one.error_reason) == (ImportState.FAILED, "SESSIONS_UNKNOWN")
    early = await made(house, call="2", start_date=date(2024, 1, 1))
    assert (early.state, early.error_reason) == (ImportState.FAILED, "SESSIONS_UNKNOWN")
    assert await house.bars.series() == []
    with pytest.raises(NotFound):
        await house.instruments.get(NAME)


@pytest.mark.parametrize("validate_only", [True, False])
async def test_no_other_venue_takes_made_rows(house: House, validate_only: bool) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        await house.create_import(
            wanted(name="AAPL.XNAS"), b"", request=a_request("1"), validate_only=validate_only
        )
    assert refusal.value.reason == "SYNTHETIC_VENUE_REQUIRED"
    assert list(refusal.value.violations) == ["import.instrument_id"]
    assert await house.imports.page("local", after="", limit=10) == []


async def test_to_validate_only_makes_nothing(house: House) -> None:
    one = await house.create_import(wanted(), b"", request=a_request("1"), validate_only=True)
    assert one.import_id == ""
    assert await house.imports.page("local", after="", limit=10) == []
    with pytest.raises(InvalidRequest) as refusal:
        await house.create_import(
            wanted(split_count=4), b"", request=a_request("1"), validate_only=True
        )
    assert list(refusal.value.violations) == ["import.synthetic.split_count"]
