"""What a tick store promises, asked of each there is."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.parquet import tick_store as parquet_tick_store
from adapters.sql.database import Database
from domain.errors import InvalidRequest, NotFound, Unavailable
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.tick_columns import TickKind
from domain.market_data.ticks import BadTick
from domain.market_data.trade_columns import TradeColumns
from ports.tick_store import TickSeries, TickStore
from tests.unit.market_data.house import APPLE, House, a_house, trades_at

NAME = APPLE.instrument_id


@pytest.fixture
async def house(tmp_path: Path, database: Database) -> AsyncIterator[House]:
    async with a_house(tmp_path, database=database) as house:
        await house.instruments.save(APPLE)
        yield house


@pytest.fixture(params=["parquet"])
def store(house: House, request: pytest.FixtureRequest) -> TickStore:
    return {"parquet": house.ticks}[request.param]


async def keep(store: TickStore, *pieces: TradeColumns) -> TickSeries:
    return await store.append(NAME, TradeColumns, pieces, source="import")


async def kept(store: TickStore, **range_: int) -> list[tuple[int, float]]:
    read = await store.read(NAME, TradeColumns, **range_)
    return list(zip(read.ts.tolist(), read.price.tolist(), strict=True))


async def test_what_is_appended_is_read_back_to_the_bit(store: TickStore) -> None:
    sizes = np.array([0.0, 3.0, 0.1])
    quotes = QuoteColumns(
        np.array([-5, 7, 7], np.int64),
        np.array([0.0, 0.1, 1e-6]),
        np.array([1, 2, 3.3]),
        sizes,
        sizes,
    )
    trades = trades_at([5, 5, 6], prices=[10.1, 20.123456, 1e-7])
    await store.append(NAME, QuoteColumns, [quotes], source="import")
    await store.append(NAME, TradeColumns, [trades], source="import")
    for columns, given_ in ((QuoteColumns, quotes), (TradeColumns, trades)):
        read = await store.read(NAME, columns)
        assert isinstance(read, columns)
        for one, other in zip(read.arrays, given_.arrays, strict=True):
            assert one.dtype == other.dtype
            assert one.tolist() == other.tolist()


async def test_nothing_kept_reads_as_empty_columns(store: TickStore) -> None:
    assert len(await store.read(NAME, QuoteColumns)) == 0
    assert await kept(store) == []
    assert await store.series() == []


async def test_ticks_of_one_instant_stay_in_the_order_they_came(store: TickStore) -> None:
    await keep(store, trades_at([3, 3, 3, 3], prices=[4, 2, 3, 1]))
    assert await kept(store) == [(3, 4), (3, 2), (3, 3), (3, 1)]


async def test_later_ticks_follow_earlier_ones_whichever_came_first(store: TickStore) -> None:
    await keep(store, trades_at([30, 40]))
    await keep(store, trades_at([10, 20]))
    assert [ts for ts, _ in await kept(store)] == [10, 20, 30, 40]


async def test_what_is_appended_takes_the_place_of_all_that_was_kept_in_its_span(
    store: TickStore,
) -> None:
    await keep(store, trades_at([10, 20, 20, 30, 40, 50], prices=[1] * 6))
    series = await keep(store, trades_at([20, 35, 40], prices=[2] * 3))
    assert await kept(store) == [(10, 1), (20, 2), (35, 2), (40, 2), (50, 1)]
    assert series == TickSeries(NAME, TickKind.TRADES, 10, 50, 5, "import")
    assert await store.series() == [series]


async def test_a_span_cut_twice_keeps_what_is_left_of_it(store: TickStore) -> None:
    await keep(store, trades_at(range(0, 100, 10), prices=[1] * 10))
    await keep(store, trades_at([20, 30], prices=[2] * 2))
    series = await keep(store, trades_at([15, 20, 75], prices=[3] * 3))
    assert await kept(store) == [(0, 1), (10, 1), (15, 3), (20, 3), (75, 3), (80, 1), (90, 1)]
    assert series.tick_count == 7


async def test_pieces_that_share_an_instant_are_one_opinion(store: TickStore) -> None:
    await keep(
        store,
        trades_at([1, 2, 2], prices=[1, 2, 3]),
        trades_at([2, 2], prices=[4, 5]),
        trades_at([2, 3], prices=[6, 7]),
    )
    assert [price for _, price in await kept(store)] == [1, 2, 3, 4, 5, 6, 7]
    await keep(store, trades_at([1], prices=[9]))
    assert [price for _, price in await kept(store)] == [9, 2, 3, 4, 5, 6, 7]


async def test_pieces_are_drawn_one_after_the_other(store: TickStore) -> None:
    drawn: list[int] = []

    def pieces() -> Iterator[TradeColumns]:
        for number in range(3):
            drawn.append(number)
            yield trades_at([number])

    await store.append(NAME, TradeColumns, pieces(), source="import")
    assert drawn == [0, 1, 2]
    assert [ts for ts, _ in await kept(store)] == [0, 1, 2]


async def test_a_piece_that_fails_keeps_all_of_them_out(store: TickStore, house: House) -> None:
    def pieces() -> Iterator[TradeColumns]:
        yield trades_at([1, 2])
        raise InvalidRequest("row 3 is bad", reason="NOT_A_NUMBER")

    await keep(store, trades_at([7]))
    with pytest.raises(InvalidRequest, match="row 3"):
        await store.append(NAME, TradeColumns, pieces(), source="import")
    assert [ts for ts, _ in await kept(store)] == [7]
    assert len(list((house.folder / "ticks").rglob("*.parquet"))) == 1


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        ([trades_at([1, 2, 3], prices=[1, 0, 1])], "NOT_POSITIVE"),
        ([trades_at([2, 1])], "UNSORTED_TIME"),
        ([trades_at([1, 5]), trades_at([4, 6])], "UNSORTED_TIME"),
        ([], "NO_TICKS"),
        ([trades_at([])], "NO_TICKS"),
    ],
)
async def test_what_is_no_series_is_refused_whole(
    store: TickStore, pieces: Sequence[TradeColumns], reason: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        await keep(store, *pieces)
    assert refusal.value.reason == reason
    assert await store.series() == []


async def test_the_same_ticks_again_change_nothing_and_are_no_news(
    store: TickStore, house: House
) -> None:
    pieces = (trades_at([1, 2]), trades_at([2, 3]))
    first = await keep(store, *pieces)
    seq = await house.bus.last_seq()
    assert await keep(store, *pieces) == first
    assert await house.bus.last_seq() == seq


async def test_going_back_to_an_earlier_opinion_is_a_new_one(store: TickStore) -> None:
    for price in (1, 2, 1):
        await keep(store, trades_at([1, 2], prices=[price] * 2))
    assert await kept(store) == [(1, 1), (2, 1)]
    assert (await store.series())[0].tick_count == 2


async def test_a_range_takes_its_start_and_leaves_its_end(store: TickStore) -> None:
    await keep(store, trades_at([1, 2, 2, 3]))
    await keep(store, trades_at([4, 5]))
    assert [ts for ts, _ in await kept(store, start_ts=2, end_ts=5)] == [2, 2, 3, 4]
    assert await kept(store, start_ts=5, end_ts=2) == []
    assert [ts for ts, _ in await kept(store, start_ts=5)] == [5]
    assert await kept(store, start_ts=6) == []
    assert await kept(store, end_ts=1) == []


async def test_a_skip_and_a_limit_reach_over_files(store: TickStore) -> None:
    await keep(
        store, trades_at([1, 2, 2], prices=[1, 2, 3]), trades_at([2, 2, 3], prices=[4, 5, 6])
    )
    assert [price for _, price in await kept(store, start_ts=2, skip=1, limit=3)] == [3, 4, 5]
    assert [price for _, price in await kept(store, start_ts=2, skip=3)] == [5, 6]
    assert await kept(store, skip=7) == []
    assert [price for _, price in await kept(store, limit=1)] == [1]


async def test_quotes_trades_and_instruments_are_kept_apart(store: TickStore, house: House) -> None:
    other = msgspec.structs.replace(APPLE, instrument_id="IBM.XNYS", symbol="IBM", venue="XNYS")
    await house.instruments.save(other)
    side = np.ones(1)
    quotes = QuoteColumns(np.array([9], np.int64), side, side, side, side)
    await store.append("IBM.XNYS", QuoteColumns, [quotes], source="SYNTHETIC")
    await store.append("AAPL", QuoteColumns, [quotes], source="import")
    await keep(store, trades_at([1]))
    assert await kept(store) == [(1, 1)]
    assert [(one.instrument_id, one.kind, one.source) for one in await store.series()] == [
        (NAME, TickKind.QUOTES, "import"),
        (NAME, TickKind.TRADES, "import"),
        ("IBM.XNYS", TickKind.QUOTES, "SYNTHETIC"),
    ]


async def test_the_source_is_that_of_what_came_last(store: TickStore) -> None:
    await keep(store, trades_at(range(9)))
    told = await store.append(NAME, TradeColumns, [trades_at([4])], source="SYNTHETIC")
    assert told == TickSeries(NAME, TickKind.TRADES, 0, 8, 9, "SYNTHETIC")


async def test_ticks_of_an_instrument_that_nobody_knows_are_refused(store: TickStore) -> None:
    with pytest.raises(NotFound) as refusal:
        await store.append("NONE.XNAS", TradeColumns, [trades_at([7])], source="import")
    assert refusal.value.reason == "INSTRUMENT_NOT_FOUND"
    with pytest.raises(NotFound):
        await store.read("NONE", TradeColumns)
    assert await store.series() == []


async def test_each_append_is_told_with_the_series_as_it_is_then(
    store: TickStore, house: House
) -> None:
    await keep(store, trades_at([1, 2]))
    (event,) = await house.bus.read("ticks", f"{NAME}/trades", after=0)
    assert msgspec.msgpack.decode(event.payload, type=TickSeries) == (await store.series())[0]


async def test_appends_at_the_same_time_all_count(store: TickStore) -> None:
    await asyncio.gather(*(keep(store, trades_at([ts])) for ts in range(8)))
    assert [ts for ts, _ in await kept(store)] == list(range(8))
    assert (await store.series())[0].tick_count == 8


async def test_a_crash_before_the_catalogue_row_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    async with a_house(tmp_path) as house:
        await house.instruments.save(APPLE)
        await keep(house.ticks, trades_at([1]))
        monkeypatch.setattr(parquet_tick_store.catalogue, "enter", crash)
        with pytest.raises(KeyboardInterrupt):
            await keep(house.ticks, trades_at([2]))
    monkeypatch.undo()
    assert len(list((tmp_path / "ticks").rglob("*.parquet"))) == 2
    async with a_house(tmp_path) as house:
        assert await kept(house.ticks) == [(1, 1)]
        assert len(list((tmp_path / "ticks").rglob("*.parquet"))) == 1


async def test_what_was_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.instruments.save(APPLE)
        await keep(house.ticks, trades_at([1, 2, 3]))
        await keep(house.ticks, trades_at([2], prices=[9]))
    async with a_house(tmp_path) as house:
        assert await kept(house.ticks) == [(1, 1), (2, 9), (3, 3)]


async def test_a_file_that_somebody_took_away_is_an_outage_not_an_empty_answer(
    store: TickStore, house: House
) -> None:
    await keep(store, trades_at([1]))
    for file in (house.folder / "ticks").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(Unavailable) as refusal:
        await kept(store)
    assert refusal.value.reason == "TICK_FILE_UNREADABLE"


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(appends=st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=9), max_size=6))
async def test_any_appends_read_as_a_list_would(
    appends: list[list[int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    expected: list[tuple[int, float]] = []
    async with a_house(tmp_path_factory.mktemp("ticks"), working=False) as house:
        await house.instruments.save(APPLE)
        for number, times in enumerate(appends):
            ts = sorted(times)
            prices = [number * 100 + row + 1.0 for row in range(len(ts))]
            cut = len(ts) // 2
            series = await keep(
                house.ticks,
                trades_at(ts[:cut], prices=prices[:cut]),
                trades_at(ts[cut:], prices=prices[cut:]),
            )
            expected = sorted(
                [tick for tick in expected if not ts[0] <= tick[0] <= ts[-1]]
                + list(zip(ts, prices, strict=True)),
                key=lambda tick: tick[0],
            )
            assert await kept(house.ticks) == expected
            assert series.tick_count == len(expected)
            assert (series.first_ts, series.last_ts) == (expected[0][0], expected[-1][0])


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("bid", -1.0, "NOT_POSITIVE"),
        ("ask", float("nan"), "NOT_A_NUMBER"),
        ("ask_size", -0.5, "NOT_POSITIVE"),
    ],
)
async def test_the_first_row_at_fault_is_named(
    store: TickStore, column: str, value: float, reason: str
) -> None:
    values = {name: np.ones(3) for name in ("bid", "ask", "bid_size", "ask_size")}
    values[column][1] = value
    quotes = QuoteColumns(np.arange(3, dtype=np.int64), **values)
    with pytest.raises(BadTick) as refusal:
        await store.append(NAME, QuoteColumns, [quotes], source="import")
    assert refusal.value.reason == reason
    assert refusal.value.facts == {"row": "1", "column": column}
