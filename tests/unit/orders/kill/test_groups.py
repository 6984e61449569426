"""The kill switch and orders that belong together."""

from decimal import Decimal

from domain.orders.groups.record import GroupTerms, StopTerms
from domain.orders.kill_switch import KillMode, KillState
from domain.orders.records import AccountKey
from domain.orders.request import Side
from domain.orders.state import WORKING, OrderState
from domain.orders.wanted import OrderTerms
from tests.builders import AAPL, a_bar
from tests.unit.orders.house import a_request, terms
from tests.unit.orders.kill.house import KillHouse


async def a_bracket(house: KillHouse, entry: OrderTerms) -> AccountKey:
    """An account with a bracket around a hundred shares, in a market that a run shows it."""
    account = await house.account()
    await house.drive(account)
    await house.show(account, a_bar(100.0, minute=0))
    wanted = GroupTerms(
        entry=entry,
        instrument=AAPL,
        side=Side.SELL,
        quantity=entry.quantity,
        take_profit=Decimal(110),
        stop_loss=StopTerms(Decimal(80)),
    )
    placed = await house.place_group(account, wanted, a_request())
    await house.dispatch.all(account, [order.order_id for order in placed.orders])
    return account


async def working(house: KillHouse, account: AccountKey) -> int:
    return sum(order.state in WORKING for order in await house.orders(account))


async def held(house: KillHouse, account: AccountKey) -> Decimal:
    return (await house.read.position(account, AAPL)).quantity


async def test_exits_come_while_it_halts_since_they_only_reduce(house: KillHouse) -> None:
    account = await a_bracket(house, terms())
    await house.press()
    await house.show(account, a_bar(100.0, minute=1))
    states = [order.state for order in await house.orders(account)]
    assert states == [OrderState.FILLED, OrderState.ACCEPTED, OrderState.ACCEPTED]


async def test_flattened_the_exits_are_canceled_and_what_they_guarded_is_closed(
    house: KillHouse,
) -> None:
    account = await a_bracket(house, terms())
    await house.show(account, a_bar(100.0, minute=1))
    switch = await house.enforced(await house.press(KillMode.FLATTEN))
    await house.show(account, a_bar(100.0, minute=2))
    assert (await house.enforced(switch)).state is KillState.VERIFIED
    assert (await held(house, account), await working(house, account)) == (0, 0)


async def test_canceled_with_its_entry_a_group_leaves_nothing_that_trades(
    house: KillHouse,
) -> None:
    account = await a_bracket(house, terms(limit="90"))
    switch = await house.enforced(await house.press(KillMode.CANCEL_ALL))
    assert switch.state is KillState.VERIFIED
    await house.show(account, a_bar(89.0, minute=1))
    assert (await held(house, account), await working(house, account)) == (0, 0)
