"""What a feed promises to whoever listens."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.replay.feed import CHUNK, ReplayFeed
from domain.errors import NotFound
from domain.market_data.bar import Bar
from domain.market_data.corporate_actions import Split
from ports.bar_store import BarStore
from tests.unit.market_data.house import APPLE, MINUTE, House, ManualClock, a_house, minute_bars

NAME = APPLE.instrument_id
SECOND = 1_000_000_000


class Sleeper:
    """Sleeping moves the clock and is noted."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.ts += int(seconds * SECOND)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path, working=False) as house:
        await house.instruments.save(APPLE)
        yield house


@pytest.fixture(params=["replay"])
def feed(house: House) -> ReplayFeed:
    return ReplayFeed(house.bars, ManualClock())


async def closes(bars: AsyncIterator[Bar]) -> list[float]:
    return [bar.close async for bar in bars]


async def test_bars_come_in_order_across_chunks(house: House, feed: ReplayFeed) -> None:
    prices = [float(n + 1) for n in range(2 * CHUNK + 3)]
    await house.bars.append(NAME, "1m", minute_bars(prices), source="import")
    assert await closes(feed.bars(NAME, "1m")) == prices
    assert await feed.count(NAME, "1m") == len(prices)


@pytest.mark.parametrize("kept", [0, 1, CHUNK])
async def test_the_feed_ends_with_the_last_bar(house: House, feed: ReplayFeed, kept: int) -> None:
    if kept:
        await house.bars.append(NAME, "1m", minute_bars([1.0] * kept), source="import")
    assert len(await closes(feed.bars(NAME, "1m"))) == kept


async def test_a_bar_says_whose_it_is_and_when_it_was_known(house: House, feed: ReplayFeed) -> None:
    await house.bars.append(NAME, "1m", minute_bars([10], start=5), source="import")
    (bar,) = [bar async for bar in feed.bars(NAME, "1m")]
    assert bar == Bar(NAME, 6 * MINUTE, 5 * MINUTE, 10, 11, 5, 10, 100)


async def test_a_range_and_a_place_within_it(house: House, feed: ReplayFeed) -> None:
    await house.bars.append(NAME, "1m", minute_bars(range(1, 11)), source="import")
    within = {"start_ts": 2 * MINUTE, "end_ts": 6 * MINUTE}
    assert await closes(feed.bars(NAME, "1m", **within)) == [3, 4, 5, 6]
    assert await feed.count(NAME, "1m", **within) == 4
    assert await closes(feed.bars(NAME, "1m", **within, after_ts=3 * MINUTE)) == [5, 6]
    assert await closes(feed.bars(NAME, "1m", **within, after_ts=0)) == [3, 4, 5, 6]
    assert await closes(feed.bars(NAME, "1m", after_ts=8 * MINUTE)) == [10]


async def test_no_split_is_ever_a_fall(house: House, feed: ReplayFeed) -> None:
    await house.instruments.save(APPLE, [Split(date(1970, 1, 2), Decimal(2))])
    for price, day in ((100, 0), (50, 1)):
        bars = minute_bars([price], start=720 + day * 1440)
        await house.bars.append(NAME, "1m", bars, source="import")
    assert await closes(feed.bars(NAME, "1m")) == [50, 50]


async def test_an_unknown_instrument_is_refused(feed: ReplayFeed) -> None:
    with pytest.raises(NotFound):
        await anext(aiter(feed.bars("NONE.XNAS", "1m")))


async def test_no_bar_is_made_before_the_last_one_was_answered(house: House) -> None:
    clock = ManualClock()
    sleeper = Sleeper(clock)
    feed = ReplayFeed(house.bars, clock, sleeper)
    await house.bars.append(NAME, "1m", minute_bars([1, 2, 3]), source="import")
    async with aclosing(feed.bars(NAME, "1m", bars_per_second=1)) as bars:
        await anext(bars)
        assert sleeper.slept == []  # nothing goes on until the next is asked for
        await anext(bars)
        assert sleeper.slept == [1.0]


async def test_pace_counts_the_time_an_answer_took(house: House) -> None:
    clock = ManualClock()
    sleeper = Sleeper(clock)
    feed = ReplayFeed(house.bars, clock, sleeper)
    await house.bars.append(NAME, "1m", minute_bars([1, 2, 3, 4]), source="import")
    answers = iter([0.1, 0.75, 0.0, 0.0])
    async for _ in feed.bars(NAME, "1m", bars_per_second=2):
        clock.ts += int(next(answers) * SECOND)
    assert sleeper.slept == pytest.approx([0.4, 0.5])


async def test_a_clock_that_is_set_back_holds_nobody_up(house: House) -> None:
    clock = ManualClock()
    sleeper = Sleeper(clock)
    feed = ReplayFeed(house.bars, clock, sleeper)
    await house.bars.append(NAME, "1m", minute_bars([1, 2]), source="import")
    async for _ in feed.bars(NAME, "1m", bars_per_second=2):
        clock.ts -= 3600 * SECOND
    assert sum(sleeper.slept) <= 0.5


async def test_a_bar_that_is_imported_ahead_of_the_replay_is_heard(house: House) -> None:
    bars: BarStore = house.bars
    feed = ReplayFeed(bars, ManualClock())
    await bars.append(NAME, "1m", minute_bars([1.0] * CHUNK), source="import")
    async with aclosing(feed.bars(NAME, "1m")) as heard:
        await anext(heard)
        await bars.append(NAME, "1m", minute_bars([7.0], start=CHUNK), source="import")
        assert (await closes(heard))[-1] == 7
