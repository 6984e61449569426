"""A kill switch carried out: canceled, closed, verified with the broker."""

import asyncio
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import (
    DomainError,
)
from domain.orders.kill_switch import KillMode, KillState, Left
from domain.orders.request import Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.strategies.run import RunState
from ports.broker import BrokerOrder
from tests.builders import AAPL, MSFT, a_bar, a_wish, an_instrument
from tests.unit.orders.house import TENANT, a_request, terms
from tests.unit.orders.kill.house import (
    KillHouse,
    held,
    holding,
    left,
    refusal,
    wish,
)
from tests.unit.orders.unreliable import Died, Fault, Life, Mortal, UnreliableBroker

FLATTEN, CANCEL_ALL = KillMode.FLATTEN, KillMode.CANCEL_ALL
VERIFIED = KillState.VERIFIED


# what is canceled


async def test_every_order_that_was_there_is_canceled_and_later_ones_stay(
    house: KillHouse,
) -> None:
    account = await holding(house)
    before = [
        await house.place(account, terms(quantity=10, limit="90")),
        await house.place(account, terms(Side.SELL, 40, limit="150")),
        await house.place_order(account, terms(quantity=1, limit="90"), a_request()),
    ]
    switch = await house.press(CANCEL_ALL)
    assert house.woken == 1
    later = await house.place(account, terms(Side.SELL, 50, limit="150"))
    switch = await house.enforced(switch)
    assert (switch.state, switch.verified_account_count) == (KillState.VERIFIED, 1)
    for order in before:
        assert await house.state(account, order.order_id) == OrderState.CANCELED
    assert await house.state(account, later.order_id) == OrderState.ACCEPTED
    assert (await house.enforced(switch)).state is KillState.VERIFIED
    assert await house.state(account, later.order_id) == OrderState.ACCEPTED


async def test_orders_of_others_stay(house: KillHouse) -> None:
    account, other = await house.account(), await house.account()
    mine = await house.place(account, terms(limit="90"))
    microsoft = await house.place(account, terms(instrument=MSFT, limit="90"))
    theirs = await house.place(other, terms(limit="90"))
    switch = await house.press(CANCEL_ALL, account_id=account.account_id, instrument="AAPL")
    assert (await house.enforced(switch)).state is KillState.VERIFIED
    states = [
        await house.state(where, order.order_id)
        for where, order in ((account, mine), (account, microsoft), (other, theirs))
    ]
    assert states == [OrderState.CANCELED, OrderState.ACCEPTED, OrderState.ACCEPTED]


async def test_an_order_in_doubt_is_left_with_its_reason_and_canceled_once_it_is_found(
    house: KillHouse,
) -> None:
    broker = UnreliableBroker(house.paper)
    house.behind(broker)
    account = await house.account()
    order = await house.place_order(account, terms(limit="90"), a_request())
    broker.fail("submit", Fault.ANSWER_LOST)
    broker.fail("ask", *[Fault.LOST] * 50)
    with pytest.raises(DomainError):
        await house.dispatch(account, order.order_id)
    switch = await house.enforced(await house.press(CANCEL_ALL))
    assert (switch.state, left(switch)) == (KillState.RESIDUAL, [Left.IN_DOUBT])
    assert switch.residuals[0].order_id == order.order_id
    broker.faults.clear()
    await house.dispatch(account, order.order_id)
    switch = await house.enforced(switch)
    assert switch.state is KillState.VERIFIED
    assert await house.state(account, order.order_id) == OrderState.CANCELED


async def test_a_silent_broker_is_told_of_and_asked_again(house: KillHouse) -> None:
    broker = UnreliableBroker(house.paper)
    house.behind(broker)
    account = await house.account()
    order = await house.place(account, terms(limit="90"))
    broker.fail("cancel", *[Fault.LOST] * 20)
    broker.fail("statement", Fault.LOST)
    switch = await house.enforced(await house.press(CANCEL_ALL))
    assert (switch.state, left(switch)) == (KillState.RESIDUAL, [Left.BROKER_SILENT])
    switch = await house.enforced(switch)
    assert (switch.state, left(switch)) == (KillState.CANCELING, [Left.CANCELING])
    broker.faults.clear()
    await house.dispatch(account, order.order_id)
    assert (await house.enforced(switch)).state is KillState.VERIFIED


async def test_what_the_broker_works_and_nobody_here_knows_is_told_of(house: KillHouse) -> None:
    account = await house.account()
    instrument = await house.instruments.get(AAPL)
    by_hand = BrokerOrder(
        "BY-HAND", instrument, Side.BUY, 5, terms(limit="90").order_type, 90 * 10**6, 0, 2, 1
    )
    await house.paper.submit(account, by_hand)
    switch = await house.enforced(await house.press(CANCEL_ALL))
    assert (switch.state, left(switch)) == (KillState.RESIDUAL, [Left.NOT_OURS])
    assert switch.residuals[0].order_id == "BY-HAND"


# what is closed


@pytest.mark.parametrize("size", [100, -100])
async def test_flatten_cancels_closes_and_has_the_broker_say_so(
    house: KillHouse, size: int
) -> None:
    account = await holding(house, size)
    side = Side.SELL if size > 0 else Side.BUY
    working = await house.place(account, terms(side, 60, limit="150" if size > 0 else "50"))
    switch = await house.enforced(await house.press(FLATTEN))
    assert (switch.state, left(switch)) == (KillState.FLATTENING, [Left.CLOSING])
    assert switch.residuals[0].quantity == size
    assert await house.state(account, working.order_id) == OrderState.CANCELED
    await house.show(account, a_bar(minute=2))
    assert (await house.enforced(switch)).state is KillState.VERIFIED
    assert await held(house, account) == 0
    assert (await house.paper.statement(account, since=0)).positions == {}


async def test_closing_keeps_to_the_size_of_an_order_that_the_account_allows(
    house: KillHouse,
) -> None:
    account = await holding(house, 100)
    limits = RiskLimits(max_order_quantity=Decimal(40))
    other = await house.account("1000000", limits)
    await house.drive(other, "run_2")
    for minute, size in enumerate((40, 40, 20)):
        await house.show(other, a_bar(minute=2 * minute))
        await house.place(other, terms(quantity=size))
        await house.show(other, a_bar(minute=2 * minute + 1))
    assert await held(house, other) == 100
    await house.enforced(await house.press(FLATTEN))
    sizes = [order.quantity for order in await house.orders(other) if order.side == Side.SELL]
    assert sizes == [40, 40, 20]
    await house.show(other, a_bar(minute=9))
    await house.show(account, a_bar(minute=9))
    assert (await held(house, other), await held(house, account)) == (0, 0)


async def test_it_closes_once_however_often_it_is_carried_out(house: KillHouse) -> None:
    account = await holding(house)
    switch = await house.press(FLATTEN)
    for _ in range(3):
        await house.enforced(switch)
    await asyncio.gather(*(house.enforce.once() for _ in range(3)))
    orders = [order for order in await house.orders(account) if order.side == Side.SELL]
    assert [order.quantity for order in orders] == [100]


async def test_a_paper_market_that_stands_still_is_said_so(house: KillHouse) -> None:
    account = await holding(house)
    run = (await house.runs.active())[0]
    await house.end_run(run)
    switch = await house.enforced(await house.press(FLATTEN))
    assert (switch.state, left(switch)) == (KillState.RESIDUAL, [Left.MARKET_NOT_MOVING])
    await house.drive(account, "run_2")
    await house.show(account, a_bar(minute=5))
    assert (await house.enforced(switch)).state is KillState.VERIFIED
    assert await held(house, account) == 0


async def test_a_closing_order_that_the_broker_refuses_is_told_of_and_tried_again_later(
    house: KillHouse,
) -> None:
    broker = UnreliableBroker(house.paper)
    account = await holding(house)
    house.behind(broker)
    await house.desk.open(TENANT, account.account_id, "run_1", {AAPL: an_instrument(AAPL)})
    broker.fail("submit", Fault.REFUSED)
    switch = await house.enforced(await house.press(FLATTEN))
    assert (switch.state, left(switch)) == (KillState.RESIDUAL, [Left.REFUSED])
    assert switch.residuals[0].detail == "NOT_TODAY"
    await house.enforced(switch)
    assert broker.calls.count("submit") == 1
    house.clock.ts += 31 * 10**9
    switch = await house.enforced(switch)
    assert broker.calls.count("submit") == 2
    await house.show(account, a_bar(minute=7))
    assert (await house.enforced(switch)).state is KillState.VERIFIED


@pytest.mark.parametrize("narrowed", [{"run_id": "run_1"}, {"strategy_id": "sma-cross"}])
async def test_of_a_run_only_what_it_holds_is_closed_and_only_it_pauses(
    house: KillHouse, narrowed: dict[str, str]
) -> None:
    account, other = await house.account("1000000"), await house.account()
    await house.drive(account)
    await house.drive(other, "run_2", "buy-and-hold")
    for strategy in ("sma-cross", "buy-and-hold"):
        await house.keep_strategy(strategy)
    await house.show(account, a_bar(minute=0))
    await house.place(account, terms(quantity=30))
    mine = await house.place(account, terms(quantity=1, limit="90"))
    await wish(house, account, a_wish(Side.BUY, 20, AAPL, request=1))
    await house.show(account, a_bar(minute=1))
    assert await held(house, account) == 50
    switch = await house.enforced(await house.press(FLATTEN, **narrowed))
    closing = (await house.orders(account))[-1]
    assert (closing.side, closing.quantity, closing.run_id) == (Side.SELL, 20, "run_1")
    await house.show(account, a_bar(minute=2))
    assert (await house.enforced(switch)).state is KillState.VERIFIED
    assert await held(house, account) == 30
    assert await house.state(account, mine.order_id) == OrderState.ACCEPTED
    states = {run.run_id: run.state for run in await house.runs.active()}
    assert (states["run_1"], house.rung) == (RunState.PAUSED, ["run_1"])
    assert states["run_2"] is not RunState.PAUSED
    assert await refusal(house, account, quantity=1) == ""
    await wish(house, account, a_wish(Side.BUY, 20, AAPL, request=2))
    assert (await house.orders(account))[-1].reason == "KILL_SWITCH"


async def test_a_run_that_a_switch_only_halts_is_not_paused(house: KillHouse) -> None:
    await holding(house)
    await house.enforced(await house.press())
    assert house.rung == []


@pytest.mark.parametrize("steps", range(1, 40, 3))
async def test_whoever_dies_at_any_step_the_next_process_brings_it_to_its_end(
    tmp_path: Path, steps: int
) -> None:
    house = KillHouse(tmp_path)
    await house.furnish()
    account = await holding(house)
    await house.place(account, terms(quantity=10, limit="90"))
    switch = await house.press(FLATTEN)
    life = Life(steps)
    names = ("change", "submit", "cancel", "statement", "snapshot")
    house.behind(Mortal(house.paper, life, names), Mortal(house.accounts, life, names))
    with suppress(Died):
        await house.enforce.once()
    house.crash()
    house = KillHouse(tmp_path)
    await house.dispatch.recover()
    switch = await house.enforced(switch)
    await house.desk.open(TENANT, account.account_id, "run_1", {AAPL: an_instrument(AAPL)})
    await house.show(account, a_bar(minute=2))
    assert (await house.enforced(switch)).state is KillState.VERIFIED
    sold = [order for order in await house.orders(account) if order.side == Side.SELL]
    assert [(order.state, order.quantity) for order in sold] == [(OrderState.FILLED, 100)]
    assert await held(house, account) == 0
    house.crash()
