"""What a placement is told beforehand is what it does."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import NotAllowedNow
from domain.orders.records import AccountKey
from domain.orders.request import Side
from domain.orders.wanted import OrderTerms
from domain.simulation.fees import Fees
from domain.values import MONEY_SCALE
from tests.builders import AAPL, a_bar
from tests.unit.orders.house import House, a_house, a_request, terms


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path, fees=Fees(500, 2 * MONEY_SCALE)) as house:
        await house.furnish()
        yield house


async def holding(house: House, side: Side, quantity: int) -> AccountKey:
    """An account that holds so much, at 100."""
    account = await house.account()
    await house.open_market(account)
    await house.show(account, a_bar())
    await house.place(account, terms(side, quantity))
    await house.show(account, a_bar(minute=1))
    return account


@pytest.mark.parametrize(
    ("wanted", "reference"),
    [
        (terms(), "100"),
        (terms(limit="90.01"), "90.01"),
        (terms(stop="120"), "120"),
        (terms(stop="120", limit="121"), "121"),
        (terms(Side.SELL, 150, limit="101.5"), "101.5"),
        (terms(Side.SELL, 30), "100"),
        (terms(Side.SELL, 200), "100"),
    ],
)
async def test_a_placement_sets_aside_what_its_preview_told(
    house: House, wanted: OrderTerms, reference: str
) -> None:
    account = await holding(house, Side.BUY, 100)
    await house.place(account, terms(Side.SELL, 10, limit="130"))
    before = await house.money(account)
    order, preview = await house.place_order.preview(account, wanted, a_request("one"))
    assert await house.money(account) == before
    placed = await house.place_order(account, wanted, a_request("one"))
    after = await house.money(account)
    assert (order, preview.reference_price) == (placed, Decimal(reference))
    assert preview.notional == wanted.quantity * Decimal(reference)
    assert preview.reserved == after.reserved - before.reserved
    assert preview.buying_power_after == after.buying_power
    assert preview.position_after == Decimal(100) + wanted.side * wanted.quantity


async def test_the_fee_is_the_one_the_paper_broker_takes(house: House) -> None:
    account = await holding(house, Side.SELL, 50)
    for minute, quantity, fee in ((3, Decimal(200), Decimal(10)), (4, Decimal(1), Decimal(2))):
        wanted = terms(quantity=quantity)
        _, preview = await house.place_order.preview(account, wanted, a_request())
        paid = (await house.money(account)).fees
        await house.place(account, wanted)
        await house.show(account, a_bar(minute=minute))
        assert preview.fee == fee == (await house.money(account)).fees - paid


async def test_what_has_no_price_yet_is_told_without_one(house: House) -> None:
    account = await holding(house, Side.BUY, 10)
    await house.desk.close(account.tenant, account.account_id, "run_1")
    await house.open_market(account, "run_2")
    house.place_order._last_prices._known.clear()
    wanted = terms(Side.SELL, 10)
    _, preview = await house.place_order.preview(account, wanted, a_request())
    assert preview.reserved == 0
    assert preview.position_after == 0


async def test_what_would_be_denied_has_no_preview_and_is_not_kept(house: House) -> None:
    account = await house.account("1000")
    with pytest.raises(NotAllowedNow) as denial:
        await house.place_order.preview(account, terms(quantity=11), a_request())
    assert denial.value.reason == "INSUFFICIENT_BUYING_POWER"
    assert "order_id" not in denial.value.facts
    assert await house.orders(account) == []


async def test_a_position_never_traded_is_flat(house: House) -> None:
    account = await holding(house, Side.BUY, 10)
    held = await house.read.position(account, "AAPL")
    assert (held.instrument_id, held.quantity) == (AAPL, Decimal(10))
    flat = await house.read.position(account, "MSFT")
    assert (flat.quantity, flat.cost, flat.market_value) == (0, 0, 0)
