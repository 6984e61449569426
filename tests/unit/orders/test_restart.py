"""The process dies between any two durable steps, and the next one goes on as if it had not."""

from pathlib import Path
from shutil import copytree
from typing import Any

from domain.orders.records import AccountKey
from domain.orders.request import CancelRequest, OrderRequest
from domain.orders.state import OrderState
from tests.builders import AAPL, a_bar, a_wish
from tests.unit.orders.house import House, ManualClock, a_house, a_request, terms
from tests.unit.orders.unreliable import Died, Life, Mortal

TENANT, RUN = "local", "run_1"
SECOND = 90 * 10**6
ALWAYS = 10**9


def mortal(house: House, steps: int) -> Life:
    """From now on the house lives for so many steps."""
    life = Life(steps)
    store: Any = Mortal(house.accounts, life, ["change"])
    broker: Any = Mortal(house.paper, life, ["submit", "cancel", "ask"])
    market: Any = Mortal(house.paper, life, ["advance"])
    house.connect(broker, store, market)
    return life


async def trade(house: House, account: AccountKey) -> None:
    """A client and a run trade. Everybody may say everything again: it is harmless."""
    await house.open_market(account, RUN)
    await house.show(account, a_bar(100.0))
    order = await house.place_order(account, terms(quantity=10), a_request("one"))
    await house.dispatch(account, order.order_id)
    wishes: list[OrderRequest | CancelRequest] = [a_wish(quantity=5, limit=SECOND, request=1)]
    await house.desk.place(TENANT, account.account_id, RUN, a_bar().ts, wishes)
    await house.show(account, a_bar(101.0, minute=1))
    wishes = [a_wish(quantity=7, request=2), CancelRequest(1)]
    await house.desk.place(TENANT, account.account_id, RUN, a_bar(minute=1).ts, wishes)
    await house.show(account, a_bar(102.0, minute=2))
    await house.desk.close(TENANT, account.account_id, RUN)


async def outcome(house: House, account: AccountKey) -> dict[str, Any]:
    """What readers see in the end, and the broker's own book."""
    orders = [
        (
            one.order_id,
            one.number,
            one.state,
            one.filled_quantity,
            one.average_fill_price,
            one.create_ts,
        )
        for one in await house.orders(account)
    ]
    fills = await house.accounts.fills(TENANT, account.account_id, order_id="", before=0, limit=99)
    money = await house.money(account)
    book = await house.paper._database.read(
        "local",
        lambda one: one.exec_driver_sql(
            "SELECT order_id, is_working FROM paper_orders ORDER BY number"
        ).all(),
    )
    return {
        "orders": orders,
        "fills": sorted((fill.fill_id, fill.order_id, fill.price, fill.ts) for _, fill in fills),
        "money": (money.cash, money.reserved, money.equity, money.realised, money.fees),
        "positions": await house.accounts.positions(TENANT, account.account_id, after="", limit=9),
        "book": [tuple(row) for row in book],
    }


async def a_furnished(folder: Path) -> AccountKey:
    """A house with an account in it."""
    async with a_house(folder) as house:
        await house.furnish()
        return await house.account()


async def test_a_death_at_any_step_changes_nothing_in_the_end(tmp_path: Path) -> None:
    account = await a_furnished(tmp_path / "new")
    copytree(tmp_path / "new", tmp_path / "whole")
    async with a_house(tmp_path / "whole") as house:
        life = mortal(house, ALWAYS)
        await trade(house, account)
        steps = ALWAYS - life.left
        wanted = await outcome(house, account)
    assert [order[2] for order in wanted["orders"]] == [
        OrderState.FILLED,
        OrderState.CANCELED,
        OrderState.FILLED,
    ]
    assert len(wanted["book"]) == 3
    assert steps > 40
    for step in range(steps):
        folder = tmp_path / f"died_at_{step}"
        copytree(tmp_path / "new", folder)
        async with a_house(folder) as house:
            mortal(house, step)
            try:
                await trade(house, account)
            except Died:
                pass
            else:
                raise AssertionError(f"it outlived step {step}")
        async with a_house(folder) as house:
            await house.apply_reports(account)
            await house.dispatch.recover()
            await trade(house, account)
            assert await outcome(house, account) == wanted, f"died at step {step}"


async def test_a_second_death_on_the_way_back_changes_nothing_either(tmp_path: Path) -> None:
    """Recovery is the normal path: it may be cut short as often as you like."""
    account = await a_furnished(tmp_path)
    deaths = 0
    for step in range(3, 40, 3):
        async with a_house(tmp_path) as house:
            mortal(house, step)
            try:
                await house.dispatch.recover()
                await trade(house, account)
            except Died:
                deaths += 1
    async with a_house(tmp_path) as house:
        await house.dispatch.recover()
        await trade(house, account)
        found = await outcome(house, account)
    assert deaths > 5
    assert [order[2] for order in found["orders"]] == [
        OrderState.FILLED,
        OrderState.CANCELED,
        OrderState.FILLED,
    ]
    assert len(found["book"]) == 3
    assert [str(one.quantity) for one in found["positions"]] == ["17"]


async def test_an_order_that_nobody_sent_is_sent_at_the_next_start(tmp_path: Path) -> None:
    async with a_house(tmp_path, clock=ManualClock()) as house:
        await house.furnish()
        account = await house.account()
        order = await house.place_order(account, terms(instrument=AAPL), a_request())
    async with a_house(tmp_path, clock=ManualClock()) as house, house.working():
        async for event in house.bus.follow("accounts", account.account_id, after=0):
            if b"P1" in event.payload:
                break
        assert await house.state(account, order.order_id) is OrderState.ACCEPTED
