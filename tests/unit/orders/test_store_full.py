"""A store that keeps nothing more: no order leaves that is not kept, and all is well afterwards."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from domain.errors import Unavailable
from domain.orders.records import AccountKey
from domain.orders.state import OrderState
from tests.unit.orders.house import TENANT, House, a_house, a_request, terms

PLENTY = 1_000_000


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        await house.furnish()
        yield house


async def pragma(house: House, words: str) -> int:
    """Of the one connection that a house which does one thing at a time has."""

    def say(connection: Connection) -> int:
        said = connection.exec_driver_sql(f"PRAGMA {words}")
        return int(said.scalar_one()) if said.returns_rows else 0

    return await house.database.read(TENANT, say)


async def _fill(house: House, account: AccountKey) -> None:
    for _ in range(1000):
        await house.place(account, terms(limit="1", quantity="1"))


async def at_broker(house: House, account: AccountKey) -> int:
    count = "SELECT count(*) FROM paper_orders"
    return int(
        await house.paper._database.read(TENANT, lambda one: one.exec_driver_sql(count).scalar())
    )


async def test_a_full_disk_refuses_orders_before_they_leave_and_recovers_with_space(
    house: House,
) -> None:
    account = await house.account()
    await pragma(house, f"max_page_count = {await pragma(house, 'page_count') + 4}")
    with pytest.raises(Unavailable) as refused:
        await _fill(house, account)
    assert (refused.value.reason, refused.value.message) == (
        "STORE_FULL",
        "the store refuses: its disk is full",
    )
    kept = await house.orders(account)  # it can still be read
    sent = [order for order in kept if order.state is not OrderState.CREATED]
    assert await at_broker(house, account) == len(sent) > 0
    await pragma(house, f"max_page_count = {PLENTY}")
    await house.dispatch.recover()
    assert await at_broker(house, account) == len(kept)
    assert (await house.place(account)).state is OrderState.ACCEPTED


async def test_what_was_kept_but_could_not_be_marked_as_sent_waits(house: House) -> None:
    account = await house.account()
    order = await house.place_order(account, terms(limit="1"), a_request())
    await pragma(house, "query_only = ON")
    with pytest.raises(Unavailable) as refused:
        await house.dispatch(account, order.order_id)
    assert refused.value.reason == "STORE_READ_ONLY"
    assert await at_broker(house, account) == 0
    await pragma(house, "query_only = OFF")
    await house.dispatch(account, order.order_id)
    assert await house.state(account, order.order_id) is OrderState.ACCEPTED
