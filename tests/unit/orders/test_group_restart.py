"""The process dies between any two durable steps of a group, and the next one goes on with it."""

from decimal import Decimal
from pathlib import Path
from shutil import copytree
from typing import Any

from domain.orders.groups.group import GroupState
from domain.orders.groups.record import GroupTerms, StopTerms
from domain.orders.order import Leg
from domain.orders.records import AccountKey
from domain.orders.request import Side
from domain.orders.state import OrderState
from ports.account_store import OrderQuery
from tests.builders import AAPL, a_bar
from tests.unit.orders.house import House, a_house, a_request, terms
from tests.unit.orders.test_restart import ALWAYS, RUN, TENANT, a_furnished, mortal
from tests.unit.orders.unreliable import Died

_EVERYTHING = OrderQuery()
SHARE = 4  # percent of a bar's volume that trades: 40 shares
EVERY = 7  # steps between two deaths


async def trade(house: House, account: AccountKey) -> None:
    """A bracket of 60 that is bought and sold in two parts each. Harmless when said again."""
    await house.open_market(account, RUN)
    await house.show(account, a_bar(100.0))
    bracket = GroupTerms(
        terms(quantity=60), AAPL, Side.SELL, Decimal(60), Decimal(110), StopTerms(Decimal(90))
    )
    placed = await house.place_group(account, bracket, a_request("bracket"))
    await house.dispatch.all(account, [order.order_id for order in placed.orders])
    for minute, high in enumerate((100.0, 100.0, 111.0, 111.0), start=1):
        await house.show(account, a_bar(100.0, high, minute=minute))
    await house.desk.close(TENANT, account.account_id, RUN)


async def outcome(house: House, account: AccountKey) -> dict[str, Any]:
    """What is left of it in the end; only when a decision was kept may differ."""
    orders = await house.orders(account)
    (group,) = await house.accounts.order_groups(
        TENANT, account.account_id, _EVERYTHING, before=0, limit=9
    )
    money = await house.money(account)
    stated = await house.paper.statement(account, since=0)
    return {
        "orders": [(one.order_id, one.leg, one.state, one.filled_quantity) for one in orders],
        "group": (group.state, group.reason),
        "money": (money.cash, money.reserved, money.realised),
        "broker": (stated.positions, stated.orders),
    }


async def test_a_death_at_any_step_changes_nothing_of_a_group_in_the_end(tmp_path: Path) -> None:
    account = await a_furnished(tmp_path / "new")
    copytree(tmp_path / "new", tmp_path / "whole")
    async with a_house(tmp_path / "whole", volume_percent=SHARE) as house:
        life = mortal(house, ALWAYS)
        await trade(house, account)
        steps = ALWAYS - life.left
        wanted = await outcome(house, account)
    assert [one[1:3] for one in wanted["orders"]] == [
        (Leg.ENTRY, OrderState.FILLED),
        (Leg.STOP_LOSS, OrderState.CANCELED),
        (Leg.TAKE_PROFIT, OrderState.FILLED),
    ]
    assert wanted["group"] == (GroupState.ENDED, "")
    assert steps > 50
    for step in range(0, steps, EVERY):
        folder = tmp_path / f"died_at_{step}"
        copytree(tmp_path / "new", folder)
        async with a_house(folder, volume_percent=SHARE) as house:
            mortal(house, step)
            try:
                await trade(house, account)
            except Died:
                pass
            else:
                raise AssertionError(f"it outlived step {step}")
        async with a_house(folder, volume_percent=SHARE) as house:
            await house.dispatch.all(account, await house.apply_reports(account))
            await house.dispatch.recover()
            await trade(house, account)
            assert await outcome(house, account) == wanted, f"died at {step}"
