"""What an instrument store promises."""

from datetime import date, time
from decimal import Decimal

import pytest

from adapters.sql.database import Database
from adapters.sql.instrument_store import SqlInstrumentStore
from domain.errors import InvalidRequest, NotFound
from domain.instruments import Instrument
from domain.market_data.corporate_actions import Dividend, Split
from ports.instrument_store import InstrumentStore
from tests.unit.market_data.house import APPLE

BITCOIN = Instrument(
    "BTC-USD.COIN",
    "BTC-USD",
    "COIN",
    tick_size=Decimal("0.05"),
    lot_size=Decimal("0.001"),
    price_decimals=4,
    quantity_decimals=5,
    timezone="UTC",
    session_open=time(),
    session_close=time(),
)
APPLE_ABROAD = Instrument("AAPL.XFRA", "AAPL", "XFRA", currency="EUR", timezone="Europe/Berlin")


@pytest.fixture
def store(database: Database) -> InstrumentStore:
    return SqlInstrumentStore(database)


async def test_an_instrument_comes_back_whole(store: InstrumentStore) -> None:
    await store.save(BITCOIN)
    assert await store.get("BTC-USD.COIN") == BITCOIN


async def test_a_bare_symbol_is_enough_where_one_venue_lists_it(store: InstrumentStore) -> None:
    await store.save(APPLE)
    assert await store.get("AAPL") == APPLE


async def test_a_symbol_of_two_venues_is_ambiguous_and_its_full_ids_are_not(
    store: InstrumentStore,
) -> None:
    await store.save(APPLE)
    await store.save(APPLE_ABROAD)
    with pytest.raises(InvalidRequest) as refusal:
        await store.get("AAPL")
    assert refusal.value.reason == "AMBIGUOUS_SYMBOL"
    assert await store.get("AAPL.XFRA") == APPLE_ABROAD


async def test_an_unknown_name_is_not_found(store: InstrumentStore) -> None:
    with pytest.raises(NotFound) as refusal:
        await store.get("NONE.XNAS")
    assert refusal.value.reason == "INSTRUMENT_NOT_FOUND"
    assert refusal.value.facts == {"instrument_id": "NONE.XNAS"}


async def test_pages_go_by_id_and_leave_nothing_out(store: InstrumentStore) -> None:
    for instrument in (BITCOIN, APPLE, APPLE_ABROAD):
        await store.save(instrument)
    first = await store.page(after="", limit=2)
    second = await store.page(after=first[-1].instrument_id, limit=2)
    names = [one.instrument_id for one in (*first, *second)]
    assert names == ["AAPL.XFRA", "AAPL.XNAS", "BTC-USD.COIN"]
    assert list(await store.all()) == names


async def test_corporate_actions_come_oldest_first_and_exact(store: InstrumentStore) -> None:
    dividend = Dividend(date(2012, 11, 7), Decimal("2.65"))
    split = Split(date(2005, 2, 28), Decimal(2))
    odd = Split(date(2014, 6, 9), Decimal(1) / Decimal(3))
    await store.save(APPLE, [odd, dividend, split])
    assert await store.corporate_actions("AAPL.XNAS") == [split, dividend, odd]


async def test_saving_again_replaces_the_instrument_and_its_actions(store: InstrumentStore) -> None:
    await store.save(APPLE, [Split(date(2005, 2, 28), Decimal(2))])
    renamed = Instrument("AAPL.XNAS", "AAPL", "XNAS", name="Apple")
    await store.save(renamed)
    assert await store.get("AAPL") == renamed
    assert await store.corporate_actions("AAPL.XNAS") == []
