"""One process trades while it holds the lease, and again when it has got it back."""

import asyncio
from contextlib import suppress

import pytest

from apps.platform import holding
from apps.platform.holding import Holding
from domain.errors import Unavailable
from ports.lease import Lease


class Given(Lease):
    """A lease that the test gives and takes."""

    def __init__(self) -> None:
        self.given, self.taken, self.released = asyncio.Event(), asyncio.Event(), 0
        self.fails: Exception | None = None

    @property
    def epoch(self) -> int:
        return int(self.given.is_set())

    @property
    def is_clear(self) -> bool:
        return self.given.is_set()

    async def clear(self) -> None:
        """At once."""

    def may_send(self) -> bool:
        return self.given.is_set()

    async def hold(self) -> None:
        if self.fails:
            raise self.fails
        self.taken.clear()
        await self.taken.wait()

    async def held(self) -> None:
        await self.given.wait()

    async def release(self) -> None:
        self.released += 1

    def give(self) -> None:
        self.given.set()

    def take(self) -> None:
        self.given.clear()
        self.taken.set()


class Trade:
    """Notes when it begins and when it is ended."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[str] = asyncio.Queue()
        self.breaks: Exception | None = None

    async def __call__(self) -> None:
        await self.said.put("begins")
        if self.breaks:
            raise self.breaks
        try:
            await asyncio.Event().wait()
        finally:
            self.said.put_nowait("ends")

    async def next(self) -> str:
        return await asyncio.wait_for(self.said.get(), 10)


@pytest.fixture
def lease() -> Given:
    return Given()


@pytest.fixture
def trade() -> Trade:
    return Trade()


async def ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_it_trades_while_the_lease_is_held_and_again_when_it_is_back(
    lease: Given, trade: Trade
) -> None:
    lease.give()
    one = Holding(lease, trade)
    assert await one.begin()
    running = asyncio.ensure_future(one.run())
    assert await trade.next() == "begins"
    lease.take()
    assert await trade.next() == "ends"
    assert trade.said.empty()
    lease.give()
    assert await trade.next() == "begins"
    await ended(running)
    assert await trade.next() == "ends"
    await one.stop()
    assert lease.released == 1


async def test_a_lease_that_another_holds_is_waited_for(
    lease: Given, trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "PATIENCE", 0)
    one = Holding(lease, trade)
    assert not await one.begin()
    running = asyncio.ensure_future(one.run())
    for _ in range(9):
        await asyncio.sleep(0)
    assert trade.said.empty()
    lease.give()
    assert await trade.next() == "begins"
    await ended(running)
    lease.given.clear()
    await one.stop()
    assert lease.released == 0  # nothing of ours to give free


async def test_what_breaks_the_trading_or_the_lease_is_told(lease: Given, trade: Trade) -> None:
    lease.give()
    trade.breaks = Unavailable("the sending of orders ended")
    one = Holding(lease, trade)
    await one.begin()
    with pytest.raises(Unavailable, match="the sending of orders ended"):
        await one.run()
    await one.stop()
    lease.given.clear()
    lease.fails = Unavailable("no store")
    with pytest.raises(Unavailable, match="no store"):
        await Holding(lease, trade).begin()
