"""Closing positions: all of it, a part of it, never through flat."""

import asyncio
import random
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import DomainError, InvalidRequest, NotAllowedNow, NotFound, Unavailable
from domain.orders.records import AccountKey
from domain.orders.request import Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from tests.builders import AAPL, MSFT, a_bar
from tests.unit.orders.house import House, a_house, a_request, terms
from tests.unit.orders.unreliable import Fault, UnreliableBroker

CANCELED = OrderState.CANCELED


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        await house.furnish()
        yield house


async def holding(house: House, *sizes: int, limits: RiskLimits | None = None) -> AccountKey:
    """An account that holds so much of AAPL and of MSFT, signed."""
    account = await house.account("1000000", limits)
    await house.open_market(account)
    for minute, (name, size) in enumerate(zip((AAPL, MSFT), sizes, strict=False)):
        await house.show(account, a_bar(minute=minute, instrument_id=name))
        side = Side.BUY if size > 0 else Side.SELL
        await house.place(account, terms(side, abs(size), name))
        await house.show(account, a_bar(minute=minute + 1, instrument_id=name))
    return account


async def traded(house: House, account: AccountKey, minute: int) -> dict[str, Decimal]:
    """What is held after everything has reached the broker and a bar has passed."""
    for order in await house.orders(account):
        await house.dispatch(account, order.order_id)
    for name in (AAPL, MSFT):
        await house.show(account, a_bar(minute=minute, instrument_id=name))
    return {name: (await house.read.position(account, name)).quantity for name in (AAPL, MSFT)}


@pytest.mark.parametrize("size", [100, -100])
async def test_all_of_a_position_is_closed_after_its_orders_were_canceled(
    house: House, size: int
) -> None:
    account = await holding(house, size, 7)
    against, along = (Side.SELL, Side.BUY) if size > 0 else (Side.BUY, Side.SELL)
    stop = await house.place(account, terms(against, 60, stop="100" if size < 0 else "99"))
    more = await house.place(account, terms(along, 20, limit="50" if size > 0 else "150"))
    other = await house.place(account, terms(Side.SELL, 7, MSFT, limit="150"))
    closed = await house.close.one(account, "AAPL", None, a_request())
    [order] = closed.orders
    assert (order.side, order.quantity, order.state) == (against, 100, OrderState.CREATED)
    assert [one.order_id for one in closed.canceled] == [more.order_id, stop.order_id]
    assert {one.state for one in closed.canceled} == {CANCELED}
    assert await traded(house, account, 5) == {AAPL: 0, MSFT: 7}
    assert await house.state(account, other.order_id) is OrderState.ACCEPTED


async def test_a_part_is_closed_and_orders_stay(house: House) -> None:
    account = await holding(house, 100)
    limit = await house.place(account, terms(Side.SELL, 30, limit="150"))
    closed = await house.close.one(account, "AAPL", Decimal(70), a_request())
    assert (closed.orders[0].quantity, closed.canceled) == (70, ())
    assert await traded(house, account, 5) == {AAPL: 30, MSFT: 0}
    assert await house.state(account, limit.order_id) is OrderState.ACCEPTED


@pytest.mark.parametrize(
    ("quantity", "error", "reason"),
    [
        ("71", NotAllowedNow, "QUANTITY_ABOVE_POSITION"),
        ("101", NotAllowedNow, "QUANTITY_ABOVE_POSITION"),
        ("0", InvalidRequest, "NOT_POSITIVE"),
        ("-5", InvalidRequest, "NOT_POSITIVE"),
        ("1.5", InvalidRequest, "TOO_MANY_DECIMALS"),
    ],
)
async def test_a_part_that_cannot_be_is_refused_and_nothing_is_kept(
    house: House, quantity: str, error: type[DomainError], reason: str
) -> None:
    account = await holding(house, 100)
    await house.place(account, terms(Side.SELL, 30, limit="150"))
    before = await house.accounts.snapshot(account.tenant, account.account_id)
    for validate_only in (True, False):
        with pytest.raises(error) as refusal:
            await house.close.one(
                account, "AAPL", Decimal(quantity), a_request(), validate_only=validate_only
            )
        assert refusal.value.reason == reason
    assert await house.accounts.snapshot(account.tenant, account.account_id) == before


async def test_what_is_flat_or_unknown_is_not_closed(house: House) -> None:
    account = await holding(house, 100)
    for validate_only in (True, False):
        with pytest.raises(NotAllowedNow) as flat:
            await house.close.one(account, "MSFT", None, a_request(), validate_only=validate_only)
        assert flat.value.reason == "POSITION_FLAT"
    with pytest.raises(NotFound) as unknown:
        await house.close.one(account, "NOPE", None, a_request())
    assert unknown.value.reason == "INSTRUMENT_NOT_FOUND"
    with pytest.raises(NotFound) as nobody:
        await house.close.all(AccountKey("local", "acc_none"), a_request())
    assert nobody.value.reason == "ACCOUNT_NOT_FOUND"


async def test_an_order_too_large_for_the_limits_is_refused_and_not_kept(house: House) -> None:
    account = await holding(house, 100, limits=RiskLimits(max_order_quantity=Decimal(100)))
    await house.place(account, terms(quantity=50))
    await house.show(account, a_bar(minute=3))
    count = len(await house.orders(account))
    with pytest.raises(NotAllowedNow) as refusal:
        await house.close.one(account, "AAPL", None, a_request())
    assert refusal.value.reason == "MAX_ORDER_QUANTITY"
    assert len(await house.orders(account)) == count


async def test_everything_is_canceled_and_closed(house: House) -> None:
    account = await holding(house, 100, -40)
    for side, name in ((Side.BUY, AAPL), (Side.SELL, AAPL), (Side.BUY, MSFT)):
        await house.place(account, terms(side, 5, name, limit="50" if side > 0 else "150"))
    rehearsed = await house.close.all(account, a_request("one"), validate_only=True)
    closed = await house.close.all(account, a_request("one"))
    assert [(one.instrument_id, one.side, one.quantity) for one in closed.orders] == [
        (AAPL, Side.SELL, 100),
        (MSFT, Side.BUY, 40),
    ]
    assert [(one.instrument_id, one.quantity) for one in rehearsed.orders] == [
        (one.instrument_id, one.quantity) for one in closed.orders
    ]
    assert [one.number for one in rehearsed.canceled] == [5, 4, 3]
    assert [one.number for one in closed.canceled] == [5, 4, 3]
    assert await traded(house, account, 5) == {AAPL: 0, MSFT: 0}
    nothing = await house.close.all(account, a_request())
    assert (nothing.orders, nothing.canceled) == ((), ())


async def test_a_rehearsal_keeps_nothing(house: House) -> None:
    account = await holding(house, 100)
    await house.place(account, terms(Side.SELL, 100, limit="150"))
    before = await house.accounts.snapshot(account.tenant, account.account_id)
    told = await house.close.one(account, "AAPL", None, a_request("one"), validate_only=True)
    assert (told.orders[0].quantity, len(told.canceled)) == (100, 1)
    assert await house.accounts.snapshot(account.tenant, account.account_id) == before
    real = await house.close.one(account, "AAPL", None, a_request("one"))
    assert real.orders[0].order_id
    assert await traded(house, account, 5) == {AAPL: 0, MSFT: 0}


async def test_the_same_request_closes_once_and_cancels_nothing_that_came_later(
    house: House,
) -> None:
    account = await holding(house, 100)
    first = await house.close.one(account, "AAPL", None, a_request("one"))
    await traded(house, account, 5)
    later = await house.place(account, terms(limit="50"))
    assert await house.close.one(account, "AAPL", None, a_request("one")) == first
    assert await house.state(account, later.order_id) is OrderState.ACCEPTED
    assert len(await house.orders(account)) == 3


async def test_an_order_that_fills_while_it_is_canceled_leaves_less_to_close(house: House) -> None:
    account = await holding(house, 100)
    stop = await house.place(account, terms(Side.SELL, 60, limit="100.5"))

    class Crossing(UnreliableBroker):
        """The market takes the order while its cancel is on the wire."""

        async def cancel(self, key: AccountKey, order_id: str, ts: int) -> None:
            await house.paper.advance(key, "run_1", a_bar(100.0, 101.0, minute=3))
            await super().cancel(key, order_id, ts)

    house.connect(Crossing(house.paper))
    await house.open_market(account)
    closed = await house.close.one(account, "AAPL", None, a_request())
    assert await house.state(account, stop.order_id) is OrderState.FILLED
    assert closed.canceled == ()
    assert closed.orders[0].quantity == 40
    assert (await traded(house, account, 5))[AAPL] == 0


async def test_while_the_broker_is_silent_nothing_is_closed_and_trying_again_is_safe(
    house: House,
) -> None:
    account = await holding(house, 100)
    await house.place(account, terms(Side.SELL, 60, limit="150"))
    shaky = UnreliableBroker(house.paper)
    house.connect(shaky)
    await house.open_market(account)
    shaky.faults["cancel"].extend([Fault.LOST] * 20)
    with pytest.raises(Unavailable) as silent:
        await house.close.one(account, "AAPL", None, a_request("one"))
    assert silent.value.reason == "BROKER_SILENT"
    assert len(await house.orders(account)) == 2
    shaky.faults["cancel"].clear()
    closed = await house.close.one(account, "AAPL", None, a_request("one"))
    assert closed.orders[0].quantity == 100
    assert await traded(house, account, 5) == {AAPL: 0, MSFT: 0}


async def test_beside_an_order_that_cannot_be_canceled_nothing_is_closed(house: House) -> None:
    account = await holding(house, 100)
    shaky = UnreliableBroker(house.paper)
    house.connect(shaky)
    shaky.faults["submit"].append(Fault.ANSWER_LOST)
    shaky.faults["ask"].extend([Fault.LOST] * 20)
    with pytest.raises(Unavailable):
        await house.place(account, terms(Side.SELL, 60, limit="150"))
    with pytest.raises(NotAllowedNow) as part:
        await house.close.one(account, "AAPL", Decimal(41), a_request())
    with pytest.raises(NotAllowedNow) as whole:
        await house.close.one(account, "AAPL", None, a_request(), validate_only=True)
    assert [part.value.reason, whole.value.reason] == ["QUANTITY_ABOVE_POSITION", "ORDER_BUSY"]


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_fills_meanwhile_no_closing_leads_through_flat(
    house: House, seed: int
) -> None:
    """Closings and fills race at random; the position only ever comes nearer to zero."""
    dice = random.Random(seed)
    account = await holding(house, 100)
    for _ in range(4):
        limit = str(dice.choice((100, 101, 102)))
        await house.place(account, terms(Side.SELL, dice.randint(5, 25), limit=limit))

    async def market() -> None:
        for minute in range(3, 9):
            await house.show(account, a_bar(100.0, dice.choice((100.0, 102.0)), minute=minute))

    async def closing() -> None:
        for quantity in (None, Decimal(dice.randint(1, 60)), None):
            await house.close.one(account, "AAPL", quantity, a_request())

    async with house.working():
        results = await asyncio.gather(market(), closing(), closing(), return_exceptions=True)
    refused = {one.reason for one in results if isinstance(one, NotAllowedNow)}
    assert refused <= {"POSITION_FLAT", "QUANTITY_ABOVE_POSITION", "ORDER_BUSY"}
    assert all(one is None or isinstance(one, NotAllowedNow) for one in results)
    await traded(house, account, 20)
    await house.close.all(account, a_request())
    assert (await traded(house, account, 30))[AAPL] == 0
    held = Decimal(0)
    for _, fill in reversed(
        await house.accounts.fills("local", account.account_id, order_id="", before=0, limit=99)
    ):
        held += fill.side * fill.quantity
        assert held >= 0
