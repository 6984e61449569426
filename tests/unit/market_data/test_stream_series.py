"""A stream of any series: batches, reading ahead, and every way it may end."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import pytest

from apps.drain import Drain
from apps.market_data.stream_series import Reading, StreamSeries
from domain.errors import Unavailable
from domain.market_data.trade_columns import TradeColumns
from tests.unit.market_data.house import a_house, trades_at


class Told(Reading[TradeColumns]):
    """Gives these pieces and then raises, or ends."""

    topic, key = "ticks", "X.XNAS/trades"

    def __init__(self, pieces: Sequence[TradeColumns], fault: Exception | None = None) -> None:
        self._pieces = iter(pieces)
        self._fault = fault
        self.drawn = 0

    async def next_piece(self) -> TradeColumns:
        self.drawn += 1
        for piece in self._pieces:
            return piece
        if self._fault is not None:
            raise self._fault
        return trades_at([])

    async def is_over(self) -> bool:
        return True


@pytest.fixture
async def stream(tmp_path: Path):
    async with a_house(tmp_path, working=False) as house:
        yield StreamSeries(house.bus, house.drain), house.drain


Streaming = tuple[StreamSeries, Drain]


async def test_pieces_are_cut_into_batches_and_never_joined(stream: Streaming) -> None:
    reading = Told([trades_at(range(5)), trades_at([5]), trades_at(range(6, 10))])
    batches = [batch.ts.tolist() async for batch in stream[0](reading, batch=2, follow=False)]
    assert batches == [[0, 1], [2, 3], [4], [5], [6, 7], [8, 9]]


async def test_the_next_piece_is_read_while_the_client_takes_one(stream: Streaming) -> None:
    reading = Told([trades_at([1]), trades_at([2]), trades_at([3])])
    async with aclosing(stream[0](reading, batch=9, follow=False)) as batches:
        await anext(batches)
        for _ in range(5):
            await asyncio.sleep(0)
        assert reading.drawn == 2


async def test_a_fault_comes_after_the_rows_before_it(stream: Streaming) -> None:
    reading, told = Told([trades_at([1]), trades_at([2])], Unavailable("gone", reason="X")), []

    async def take() -> None:
        async for batch in stream[0](reading, batch=9, follow=False):
            told.extend(batch.ts.tolist())

    with pytest.raises(Unavailable, match="gone"):
        await take()
    assert told == [1, 2]


async def test_a_client_that_leaves_takes_the_reading_with_it(
    stream: Streaming, caplog: pytest.LogCaptureFixture
) -> None:
    reading = Told([trades_at([1])], Unavailable("gone", reason="X"))
    async with aclosing(stream[0](reading, batch=9, follow=False)) as batches:
        await anext(batches)
    assert len(asyncio.all_tasks()) == 1
    assert not caplog.records


async def test_a_drain_lets_the_batch_be_told_that_is_ready(stream: Streaming) -> None:
    streams, drain = stream
    told = []

    async def take() -> None:
        async for batch in streams(Told([trades_at(range(9))]), batch=2, follow=False):
            told.extend(batch.ts.tolist())
            if len(told) == 4:
                drain.start()

    with pytest.raises(Unavailable) as refusal:
        await take()
    assert refusal.value.reason == "SERVER_DRAINING"
    assert told == [0, 1, 2, 3]
