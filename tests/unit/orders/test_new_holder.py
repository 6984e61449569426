"""What a new holder of the lease does before and after the last one's sendings have ended."""

import asyncio
from pathlib import Path

import pytest

from domain.orders.doubt import MOST_IN_DOUBT, SECOND, Doubt
from domain.orders.records import AccountKey
from domain.orders.request import Side
from domain.orders.state import OrderState
from ports.lease import LeaseLost
from tests.leases import EndedLease, SoleHolder
from tests.unit.orders.forgetful import Floor
from tests.unit.orders.house import TENANT, a_house, a_request, terms


class NewLease(SoleHolder):
    """A lease whose last holder may still be sending."""

    def __init__(self) -> None:
        self.awaited, self.ended, self.is_lost = asyncio.Event(), asyncio.Event(), False

    @property
    def is_clear(self) -> bool:
        return self.ended.is_set()

    async def clear(self) -> None:
        self.awaited.set()
        await self.ended.wait()
        if self.is_lost:
            raise LeaseLost("lost")

    def may_send(self) -> bool:
        return self.is_clear


async def test_nothing_is_sent_past_the_guard_of_the_lease(floor: Floor) -> None:
    account = await floor.account()
    order = await floor.place_order(account, terms(side=Side.SELL), a_request())
    floor.connect(floor.broker, lease=EndedLease())
    with pytest.raises(LeaseLost):
        await floor.dispatch(account, order.order_id)
    assert floor.broker.taken == []
    floor.connect(floor.broker)
    await floor.dispatch.recover()
    assert await floor.state(account, order.order_id) is OrderState.IN_DOUBT


async def test_a_new_holder_takes_orders_at_once_and_sends_them_when_the_last_one_has_ended(
    floor: Floor,
) -> None:
    account, lease = await floor.account(), NewLease()
    floor.connect(floor.broker, lease=lease)
    placing = asyncio.ensure_future(floor.place(account))
    await lease.awaited.wait()
    [order] = await floor.orders(account)
    assert (order.state, floor.broker.taken) == (OrderState.CREATED, [])
    lease.ended.set()
    assert (await placing).state is OrderState.ACCEPTED
    assert [one.order_id for one in floor.broker.taken] == [order.order_id]


async def test_the_doubt_about_what_the_last_holder_sent_begins_when_it_has_ended(
    floor: Floor,
) -> None:
    account, lease = await floor.account(), NewLease()
    order = await floor.place_order(account, terms(), a_request())
    floor.connect(floor.broker, lease=EndedLease())
    with pytest.raises(LeaseLost):  # that it is about to be sent is kept
        await floor.dispatch(account, order.order_id)
    floor.connect(floor.broker, lease=lease)
    taking_up = asyncio.ensure_future(floor.dispatch.recover())
    await lease.awaited.wait()
    assert await floor.state(account, order.order_id) is OrderState.SUBMITTED
    floor.clock.ts += 5 * SECOND
    lease.ended.set()
    await taking_up
    assert (await doubt_of(floor, account, order.order_id)).sent_ts == floor.clock.ts


async def doubt_of(floor: Floor, account: AccountKey, order_id: str) -> Doubt:
    change = await floor.accounts.change(
        TENANT,
        account.account_id,
        lambda book: book.doubt_of(book.order(order_id)),
        orders=[order_id],
    )
    return change.value


async def test_an_order_taken_by_who_loses_the_lease_is_sent_by_the_next(floor: Floor) -> None:
    account, lease = await floor.account(), NewLease()
    floor.connect(floor.broker, lease=lease)
    placing = asyncio.ensure_future(floor.place(account))
    await lease.awaited.wait()
    lease.is_lost = True
    lease.ended.set()
    with pytest.raises(LeaseLost):
        await placing
    floor.connect(floor.broker)
    await floor.dispatch.recover()
    [order] = await floor.orders(account)
    assert (order.state, len(floor.broker.taken)) == (OrderState.ACCEPTED, 1)


async def test_many_that_were_on_their_way_are_sent_again_at_once(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await house.furnish()
        account = await house.account()
        house.connect(house.paper, lease=EndedLease())
        placed = []
        for _ in range(MOST_IN_DOUBT + 2):
            order = await house.place_order(account, terms(quantity=1), a_request())
            with pytest.raises(LeaseLost):
                await house.dispatch(account, order.order_id)
            placed.append(order.order_id)
        house.connect(house.paper)
        await asyncio.gather(*(house.dispatch(account, one) for one in placed))
        states = {order.state for order in await house.orders(account)}
        assert states == {OrderState.ACCEPTED}
