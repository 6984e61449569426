"""The last limit before a broker."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from apps.brokers.limiter import LimitedBroker, SendingLimits
from domain.orders.request import Side
from domain.orders.state import OrderState
from tests.builders import a_bar
from tests.unit.orders.house import House, ManualClock, a_request, terms

MINUTE = 60 * 10**9


class Floor(House):
    """A house that may send three orders and 20,000 a minute."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ManualClock())
        self.connect(LimitedBroker(self.paper, SendingLimits(3, Decimal(20_000)), self.clock))


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    floor = Floor(tmp_path)
    await floor.furnish()
    yield floor
    floor.crash()


async def test_more_orders_in_a_minute_are_refused_and_free_their_money(floor: Floor) -> None:
    account = await floor.account()
    orders = [await floor.place(account, terms(quantity=1)) for _ in range(5)]
    assert [order.state for order in orders] == [OrderState.ACCEPTED] * 3 + [
        OrderState.REJECTED
    ] * 2
    assert orders[-1].reason == "BROKER_ORDER_RATE"
    assert (await floor.money(account)).reserved == Decimal(315)


async def test_time_gives_room_again(floor: Floor) -> None:
    account = await floor.account()
    for _ in range(3):
        await floor.place(account, terms(quantity=1))
    floor.clock.ts += MINUTE // 3
    states = [(await floor.place(account, terms(quantity=1))).state for _ in range(2)]
    assert states == [OrderState.ACCEPTED, OrderState.REJECTED]


async def test_a_clock_that_is_set_back_gives_no_room(floor: Floor) -> None:
    account = await floor.account()
    for _ in range(3):
        await floor.place(account, terms(quantity=1))
    floor.clock.ts -= MINUTE
    assert (await floor.place(account, terms(quantity=1))).state is OrderState.REJECTED


async def test_more_money_in_a_minute_is_refused(floor: Floor) -> None:
    account = await floor.account()
    first = await floor.place(account, terms(quantity=180))
    second = await floor.place(account, terms(quantity=180))
    third = await floor.place(account, terms(quantity=10))
    assert (first.state, second.reason, third.state) == (
        OrderState.ACCEPTED,
        "BROKER_NOTIONAL_RATE",
        OrderState.ACCEPTED,
    )


async def test_cancels_and_reducing_orders_pass_when_opening_ones_do_not(floor: Floor) -> None:
    account = await floor.account()
    bought = await floor.place(account, terms(quantity=10))
    await floor.paper.advance(account, "m", a_bar(minute=1))
    await floor.apply_reports(account)
    resting = await floor.place(account, terms(quantity=1, limit="90"))
    await floor.place(account, terms(quantity=1))
    assert (await floor.place(account, terms(quantity=1))).state is OrderState.REJECTED
    await floor.cancel_order(account, resting.order_id, a_request())
    await floor.dispatch(account, resting.order_id)
    assert await floor.state(account, resting.order_id) is OrderState.CANCELED
    sold = await floor.place(account, terms(side=Side.SELL, quantity=5))
    assert (bought.state, sold.state) == (OrderState.ACCEPTED, OrderState.ACCEPTED)
