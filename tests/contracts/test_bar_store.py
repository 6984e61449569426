"""What a bar store promises, asked of each there is."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.parquet import bar_store as parquet_bar_store
from adapters.parquet.files import read_snapshot
from adapters.sql.database import Database
from domain.errors import InvalidRequest, NotFound, Unavailable
from domain.market_data.columns import BadBar
from domain.market_data.corporate_actions import Dividend, Split
from ports.bar_store import Adjustment, BarSeries, BarStore
from tests.unit.market_data.house import APPLE, MINUTE, House, a_house, minute_bars

NAME = APPLE.instrument_id


@pytest.fixture
async def house(tmp_path: Path, database: Database) -> AsyncIterator[House]:
    async with a_house(tmp_path, database=database) as house:
        await house.instruments.save(APPLE)
        yield house


@pytest.fixture(params=["parquet"])
def store(house: House, request: pytest.FixtureRequest) -> BarStore:
    return {"parquet": house.bars}[request.param]


async def closes(store: BarStore, **range_: int) -> list[float]:
    return (await store.read(NAME, "1m", **range_)).close.tolist()


async def test_what_is_appended_is_read_back_to_the_bit(store: BarStore) -> None:
    bars = minute_bars([10.1, 20.123456, 0.000002])
    await store.append(NAME, "1m", bars, source="import")
    read = await store.read(NAME, "1m")
    for kept, given_ in zip(read.arrays, bars.arrays, strict=True):
        assert kept.dtype == given_.dtype
        assert kept.tolist() == given_.tolist()


async def test_nothing_kept_reads_as_empty_columns(store: BarStore) -> None:
    assert await closes(store) == []
    assert await store.count(NAME, "1m") == 0
    assert await store.series() == []


async def test_later_bars_follow_earlier_ones_whichever_came_first(store: BarStore) -> None:
    await store.append(NAME, "1m", minute_bars([3, 4], start=2), source="import")
    await store.append(NAME, "1m", minute_bars([1, 2], start=0), source="import")
    assert await closes(store) == [1, 2, 3, 4]


async def test_a_correction_takes_the_place_of_the_bar_and_leaves_its_neighbours(
    store: BarStore,
) -> None:
    await store.append(NAME, "1m", minute_bars([1, 2, 3, 4, 5]), source="import")
    series = await store.append(NAME, "1m", minute_bars([30, 40], start=2), source="import")
    assert await closes(store) == [1, 2, 30, 40, 5]
    assert series.bar_count == await store.count(NAME, "1m") == 5


async def test_the_last_bar_may_be_corrected_while_new_ones_follow(store: BarStore) -> None:
    await store.append(NAME, "1m", minute_bars([1, 2, 3]), source="import")
    await store.append(NAME, "1m", minute_bars([30, 4], start=2), source="import")
    assert await closes(store) == [1, 2, 30, 4]


async def test_the_newest_of_three_opinions_counts(store: BarStore) -> None:
    for price in (1, 2, 3):
        await store.append(NAME, "1m", minute_bars([price] * 3), source="import")
    assert await closes(store) == [3, 3, 3]


async def test_going_back_to_an_earlier_opinion_is_a_new_one(store: BarStore) -> None:
    for price in (1, 2, 1):
        await store.append(NAME, "1m", minute_bars([price] * 3), source="import")
    assert await closes(store) == [1, 1, 1]
    assert (await store.series())[0].bar_count == 3


async def test_an_earlier_file_again_takes_back_a_correction_of_part_of_it(
    store: BarStore,
) -> None:
    await store.append(NAME, "1m", minute_bars([1, 1, 1]), source="import")
    await store.append(NAME, "1m", minute_bars([2], start=1), source="import")
    await store.append(NAME, "1m", minute_bars([1, 1, 1]), source="import")
    assert await closes(store) == [1, 1, 1]


async def test_the_same_bars_again_change_nothing_and_are_no_news(
    store: BarStore, house: House
) -> None:
    first = await store.append(NAME, "1m", minute_bars([1, 2]), source="import")
    seq = await house.bus.last_seq()
    assert await store.append(NAME, "1m", minute_bars([1, 2]), source="import") == first
    assert await house.bus.last_seq() == seq


async def test_a_range_takes_its_start_and_leaves_its_end(store: BarStore) -> None:
    await store.append(NAME, "1m", minute_bars(range(1, 11)), source="import")
    assert await closes(store, start_ts=2 * MINUTE, end_ts=5 * MINUTE) == [3, 4, 5]
    assert await store.count(NAME, "1m", start_ts=2 * MINUTE, end_ts=5 * MINUTE) == 3
    assert await closes(store, start_ts=5 * MINUTE, end_ts=2 * MINUTE) == []
    assert await closes(store, start_ts=9 * MINUTE) == [10]
    assert await closes(store, start_ts=9 * MINUTE + 1) == []
    assert await closes(store, end_ts=1) == [1]
    assert await closes(store, end_ts=0) == []


async def test_a_limit_takes_the_first_bars_across_files_that_overlap(store: BarStore) -> None:
    await store.append(NAME, "1m", minute_bars([1, 2, 3, 4]), source="import")
    await store.append(NAME, "1m", minute_bars([20, 30, 40, 50], start=1), source="import")
    assert await closes(store, limit=3) == [1, 20, 30]
    assert await closes(store, start_ts=MINUTE, limit=2) == [20, 30]


async def test_timeframes_and_instruments_are_kept_apart(store: BarStore, house: House) -> None:
    other = msgspec.structs.replace(APPLE, instrument_id="IBM.XNYS", symbol="IBM", venue="XNYS")
    await house.instruments.save(other)
    await store.append(NAME, "1m", minute_bars([1]), source="import")
    await store.append(NAME, "5m", minute_bars([2]), source="import")
    await store.append("IBM.XNYS", "1m", minute_bars([3]), source="sample")
    assert await closes(store) == [1]
    assert [(one.instrument_id, one.timeframe, one.source) for one in await store.series()] == [
        (NAME, "1m", "import"),
        (NAME, "5m", "import"),
        ("IBM.XNYS", "1m", "sample"),
    ]


async def test_the_catalogue_tells_first_last_and_how_many(store: BarStore) -> None:
    await store.append(NAME, "1m", minute_bars([1, 2], start=10), source="sample")
    told = await store.append(NAME, "1m", minute_bars([3], start=5), source="import")
    assert told == BarSeries(NAME, "1m", 5 * MINUTE, 11 * MINUTE, 3, "import")
    assert await store.series() == [told]


async def test_a_bare_symbol_is_understood_and_an_unknown_one_refused(store: BarStore) -> None:
    await store.append(NAME, "1m", minute_bars([7]), source="import")
    assert (await store.read("AAPL", "1m")).close.tolist() == [7]
    with pytest.raises(NotFound) as refusal:
        await store.read("NONE", "1m")
    assert refusal.value.reason == "INSTRUMENT_NOT_FOUND"


async def test_bars_of_an_instrument_that_nobody_knows_are_not_kept(store: BarStore) -> None:
    with pytest.raises(NotFound):
        await store.append("NONE.XNAS", "1m", minute_bars([7]), source="import")
    assert await store.series() == []


async def test_bars_appended_under_a_bare_symbol_are_those_of_the_instrument(
    store: BarStore,
) -> None:
    assert (
        await store.append("AAPL", "1m", minute_bars([7]), source="import")
    ).instrument_id == NAME
    assert await closes(store) == [7]


async def test_an_unknown_timeframe_is_refused(store: BarStore) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        await store.append(NAME, "7m", minute_bars([1]), source="import")
    assert refusal.value.reason == "UNKNOWN_TIMEFRAME"


async def test_one_bad_bar_keeps_all_of_them_out(store: BarStore) -> None:
    bars = minute_bars([1, 2, 3])
    bars.high[1] = 0.5
    with pytest.raises(BadBar):
        await store.append(NAME, "1m", bars, source="import")
    assert await store.series() == []
    assert await closes(store) == []


async def test_no_bars_at_all_are_refused(store: BarStore) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        await store.append(NAME, "1m", minute_bars([]), source="import")
    assert refusal.value.reason == "NO_BARS"


async def test_splits_are_taken_out_unless_raw_bars_are_asked_for(
    store: BarStore, house: House
) -> None:
    day = 24 * 60
    actions = [
        Split(date(1970, 1, 2), Decimal(2)),
        Dividend(date(1970, 1, 2), Decimal("0.5")),
    ]
    await house.instruments.save(APPLE, actions)
    await store.append(NAME, "1m", minute_bars([100], start=720), source="import")
    await store.append(NAME, "1m", minute_bars([50], start=720 + day), source="import")
    adjusted = await store.read(NAME, "1m")
    assert adjusted.close.tolist() == [50, 50]
    assert adjusted.volume.tolist() == [2000, 500]
    raw = await store.read(NAME, "1m", adjustment=Adjustment.NONE)
    assert raw.close.tolist() == [100, 50]


async def test_each_append_is_told_with_the_series_as_it_is_then(
    store: BarStore, house: House
) -> None:
    await store.append(NAME, "1m", minute_bars([1, 2]), source="import")
    (event,) = await house.bus.read("bars", f"{NAME}/1m", after=0)
    assert msgspec.msgpack.decode(event.payload, type=BarSeries) == (await store.series())[0]


async def test_a_snapshot_reads_the_same_after_a_correction(store: BarStore) -> None:
    await store.append(NAME, "1m", minute_bars([1, 2, 3]), source="import")
    snapshot = await store.snapshot(NAME, "1m")
    await store.append(NAME, "1m", minute_bars([10, 20, 30, 40]), source="import")
    travelled = msgspec.msgpack.decode(msgspec.msgpack.encode(snapshot), type=type(snapshot))
    assert read_snapshot(travelled).close.tolist() == [1, 2, 3]
    assert read_snapshot(travelled, start_ts=MINUTE, limit=1).close.tolist() == [2]
    assert await closes(store) == [10, 20, 30, 40]


async def test_another_process_reads_while_this_one_appends(store: BarStore) -> None:
    await store.append(NAME, "1m", minute_bars([1, 2, 3]), source="import")
    code = (
        "import sys; from adapters.parquet.files import read_columns;"
        "print(read_columns(sys.argv[1:]).close.tolist())"
    )
    snapshot = await store.snapshot(NAME, "1m")
    reader = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *snapshot.files, stdout=subprocess.PIPE
    )
    await store.append(NAME, "1m", minute_bars([9, 9, 9]), source="import")
    out, _ = await reader.communicate()
    assert out.decode().strip() == "[1.0, 2.0, 3.0]"


async def test_appends_at_the_same_time_all_count(store: BarStore) -> None:
    pieces = [minute_bars([n + 1], start=n) for n in range(8)]
    await asyncio.gather(*(store.append(NAME, "1m", one, source="import") for one in pieces))
    assert await closes(store) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert (await store.series())[0].bar_count == 8


async def test_a_crash_before_the_catalogue_row_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    async with a_house(tmp_path) as house:
        await house.instruments.save(APPLE)
        await house.bars.append(NAME, "1m", minute_bars([1]), source="import")
        monkeypatch.setattr(parquet_bar_store.catalogue, "enter", crash)
        with pytest.raises(KeyboardInterrupt):
            await house.bars.append(NAME, "1m", minute_bars([2], start=1), source="import")
    monkeypatch.undo()
    files = list((tmp_path / "bars").rglob("*.parquet"))
    assert len(files) == 2
    async with a_house(tmp_path) as house:
        assert (await house.bars.read(NAME, "1m")).close.tolist() == [1]
        assert len(list((tmp_path / "bars").rglob("*.parquet"))) == 1
        await house.bars.append(NAME, "1m", minute_bars([2], start=1), source="import")
        assert (await house.bars.read(NAME, "1m")).close.tolist() == [1, 2]


async def test_what_was_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.instruments.save(APPLE)
        await house.bars.append(NAME, "1m", minute_bars([1, 2]), source="import")
        await house.bars.append(NAME, "1m", minute_bars([5, 6]), source="import")
    async with a_house(tmp_path) as house:
        assert (await house.bars.read(NAME, "1m")).close.tolist() == [5, 6]


async def test_a_file_that_somebody_took_away_is_an_outage_not_an_empty_answer(
    store: BarStore, house: House
) -> None:
    await store.append(NAME, "1m", minute_bars([1]), source="import")
    for file in (house.folder / "bars").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(Unavailable) as refusal:
        await closes(store)
    assert refusal.value.reason == "BAR_FILE_UNREADABLE"


async def test_a_folder_with_an_odd_name_holds_bars_too(tmp_path: Path) -> None:
    folder = tmp_path / "it's a [*] ?"
    folder.mkdir()
    async with a_house(folder) as house:
        await house.instruments.save(APPLE)
        await house.bars.append(NAME, "1m", minute_bars([1]), source="import")
        assert (await house.bars.read(NAME, "1m")).close.tolist() == [1]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    pieces=st.lists(
        st.tuples(st.integers(0, 20), st.integers(1, 12), st.integers(1, 1000)), max_size=6
    )
)
async def test_any_appends_read_as_a_dict_of_bars_would(
    pieces: list[tuple[int, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    expected: dict[int, float] = {}
    async with a_house(tmp_path_factory.mktemp("bars")) as house:
        await house.instruments.save(APPLE)
        for start, length, price in pieces:
            prices = [price + n for n in range(length)]
            await house.bars.append(NAME, "1m", minute_bars(prices, start=start), source="import")
            expected |= {(start + n) * MINUTE: price + n for n in range(length)}
        read = await house.bars.read(NAME, "1m")
        assert dict(zip(read.open_ts.tolist(), read.close.tolist(), strict=True)) == expected
        assert bool(np.all(np.diff(read.open_ts) > 0))
        assert await house.bars.count(NAME, "1m") == len(expected)
        series = await house.bars.series()
        assert (series[0].bar_count if series else 0) == len(expected)
