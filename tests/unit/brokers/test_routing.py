"""Which broker an account goes to."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from adapters.paper.broker import PaperBroker
from apps.brokers.routing import BrokerRouter
from domain.orders.doubt import Question
from domain.orders.records import AccountKey
from ports.broker import BrokerSilent
from tests.unit.orders.house import House, ManualClock, terms


class Floor(House):
    """A house whose accounts may be at either of two brokers."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ManualClock())
        self.other = PaperBroker(folder / "other.db")
        self.router = BrokerRouter(self.accounts, {"paper": self.paper, "other": self.other})
        self.connect(self.router)


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    floor = Floor(tmp_path)
    await floor.furnish()
    yield floor
    floor.other.close()
    floor.crash()


async def at(floor: Floor, broker: PaperBroker, account: AccountKey, order_id: str) -> int:
    return len(await broker.ask(account, order_id, Question.BY_ID))


async def test_an_order_goes_to_the_broker_of_its_account(floor: Floor) -> None:
    account = await floor.account()
    order = await floor.place(account, terms())
    assert await at(floor, floor.paper, account, order.order_id) == 1
    assert await at(floor, floor.other, account, order.order_id) == 0
    assert await floor.router.capabilities(account) == await floor.paper.capabilities(account)
    assert await floor.router.healthy_since(account) == 0


async def test_a_broker_that_is_not_connected_is_silent(floor: Floor) -> None:
    account = await floor.account()
    elsewhere = BrokerRouter(floor.accounts, {"other": floor.other})
    with pytest.raises(BrokerSilent):
        await elsewhere.reports(account, after=0)
    with pytest.raises(BrokerSilent):
        await elsewhere.statement(account, since=0)


async def test_news_of_every_broker_arrives(floor: Floor) -> None:
    accounts = [AccountKey("local", "acc_a"), AccountKey("local", "acc_b")]
    async with aclosing(floor.router.arrivals()) as arrivals:  # type: ignore[type-var]
        first = anext(arrivals)
        import asyncio

        waiting = asyncio.ensure_future(first)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        floor.paper._tell(accounts[0])
        assert await waiting == accounts[0]
        floor.other._tell(accounts[1])
        assert await anext(arrivals) == accounts[1]
