"""Groups through the service: placed, followed, read, replaced and canceled."""

import asyncio
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import grpc
import pytest
from msgspec import structs

from domain.errors import NotAllowedNow
from domain.orders.groups.group import GroupKind, GroupState
from domain.orders.groups.record import GroupTerms, OrderGroupRecord, StopTerms
from domain.orders.order import Leg
from domain.orders.records import AccountKey
from domain.orders.request import OrderType, Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.orders.wanted import NewTerms, OrderTerms, TrailingTerms
from tests.builders import AAPL, a_bar
from tests.unit.orders.house import House, a_house, a_request, terms
from tests.unit.orders.office import Office, refusal
from trademesh.orders.v1 import fill_pb2, order_group_pb2, order_pb2
from trademesh.orders.v1 import order_service_pb2 as pb

LONG_ONLY = RiskLimits(short_selling=False)


def a_bracket(entry: OrderTerms | None = None, **changes: Any) -> GroupTerms:
    """A hundred shares at the market, out at 110 or at 90."""
    entry = entry or terms()
    usual = {
        "entry": entry,
        "instrument": AAPL,
        "side": Side.SELL,
        "quantity": entry.quantity,
        "take_profit": Decimal(110),
        "stop_loss": StopTerms(Decimal(90)),
    }
    return GroupTerms(**usual | changes)


def two_exits() -> GroupTerms:
    """Of a hundred shares that are held."""
    return structs.replace(a_bracket(), entry=None)


class Shop:
    """A house whose market we show by hand."""

    def __init__(self, house: House, account: AccountKey) -> None:
        self.house, self.account = house, account

    async def place(self, wanted: GroupTerms) -> OrderGroupRecord:
        placed = await self.house.place_group(self.account, wanted, a_request())
        await self.house.dispatch.all(self.account, [one.order_id for one in placed.orders])
        return await self.group(placed.group_id)

    async def group(self, group_id: str) -> OrderGroupRecord:
        return await self.house.read.order_group(self.account, group_id)

    async def held(self) -> Decimal:
        found = await self.house.accounts.position(
            self.account.tenant, self.account.account_id, AAPL
        )
        return found.quantity if found else Decimal(0)


async def a_shop(house: House, limits: RiskLimits | None = None) -> Shop:
    await house.furnish()
    account = await house.account(limits=limits)
    await house.open_market(account)
    await house.show(account, a_bar(100.0, minute=0))
    return Shop(house, account)


def states(group: OrderGroupRecord) -> dict[Leg, OrderState]:
    return {order.leg: order.state for order in group.orders}


async def test_the_exits_of_a_bracket_come_once_its_entry_has_traded(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        shop = await a_shop(house, LONG_ONLY)
        placed = await shop.place(a_bracket())
        assert (placed.kind, placed.state) == (GroupKind.BRACKET, GroupState.ACTIVE)
        assert states(placed) == {Leg.ENTRY: OrderState.ACCEPTED}
        await house.show(shop.account, a_bar(100.0, minute=1))
        now = await shop.group(placed.group_id)
        assert states(now) == {
            Leg.ENTRY: OrderState.FILLED,
            Leg.STOP_LOSS: OrderState.ACCEPTED,
            Leg.TAKE_PROFIT: OrderState.ACCEPTED,
        }
        assert {order.group_id for order in now.orders} == {placed.group_id}
        assert (await house.money(shop.account)).reserved == 0


async def test_one_exit_filled_is_the_end_of_the_other(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        shop = await a_shop(house)
        placed = await shop.place(a_bracket())
        await house.show(shop.account, a_bar(100.0, minute=1), a_bar(100.0, 111.0, minute=2))
        ended = await shop.group(placed.group_id)
        assert ended.state == GroupState.ENDED
        assert states(ended)[Leg.TAKE_PROFIT] == OrderState.FILLED
        assert states(ended)[Leg.STOP_LOSS] == OrderState.CANCELED
        assert await shop.held() == 0


async def test_of_a_bar_that_spans_both_exits_the_stop_is_assumed_first(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        shop = await a_shop(house)
        placed = await shop.place(a_bracket())
        await house.show(shop.account, a_bar(100.0, minute=1), a_bar(100.0, 115.0, 85.0, minute=2))
        ended = await shop.group(placed.group_id)
        assert states(ended)[Leg.STOP_LOSS] == OrderState.FILLED
        assert states(ended)[Leg.TAKE_PROFIT] == OrderState.CANCELED
        assert await shop.held() == 0


async def test_two_exits_of_what_is_held_need_no_money_and_no_right_to_be_short(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as house:
        shop = await a_shop(house, LONG_ONLY)
        await house.place(shop.account)
        await house.show(shop.account, a_bar(100.0, minute=1))
        placed = await shop.place(two_exits())
        assert placed.kind == GroupKind.OCO
        assert set(states(placed).values()) == {OrderState.ACCEPTED}
        assert (await house.money(shop.account)).reserved == 0


async def test_two_exits_of_nothing_are_denied_together(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        shop = await a_shop(house, LONG_ONLY)
        with pytest.raises(NotAllowedNow) as denied:
            await shop.place(two_exits())
        assert denied.value.reason == "SHORT_SELLING_NOT_ALLOWED"
        orders = await house.orders(shop.account)
        assert not [order for order in orders if order.state not in (
            OrderState.DENIED, OrderState.CANCELED)]  # fmt: skip
        found = await house.read.order_group(shop.account, orders[0].order_id)
        assert (found.state, found.reason) == (GroupState.ENDED, "SHORT_SELLING_NOT_ALLOWED")


async def test_a_canceled_group_leaves_what_it_holds(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        shop = await a_shop(house)
        placed = await shop.place(a_bracket())
        await house.show(shop.account, a_bar(100.0, minute=1))
        asked = await house.cancel_group(shop.account, placed.group_id, a_request())
        assert asked.state == GroupState.CANCELING
        await house.dispatch.all(shop.account, [order.order_id for order in asked.orders])
        assert (await shop.group(placed.group_id)).state == GroupState.ENDED
        assert await shop.held() == 100
        with pytest.raises(NotAllowedNow) as refused:
            await house.cancel_group(shop.account, placed.group_id, a_request())
        assert refused.value.reason == "ORDER_GROUP_ENDED"


async def test_a_restart_goes_on_with_a_group(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        shop = await a_shop(house)
        account, placed = shop.account, await shop.place(a_bracket())
        await house.paper.advance(account, "run_1", a_bar(100.0, minute=1))  # and gone
    async with a_house(tmp_path) as house:
        await house.open_market(account)
        await house.dispatch.all(account, await house.apply_reports(account))
        again = await Shop(house, account).group(placed.group_id)
        assert set(states(again).values()) == {OrderState.FILLED, OrderState.ACCEPTED}
        assert len(again.orders) == 3


async def test_prices_of_an_exit_may_be_replaced_its_quantity_may_not(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        shop = await a_shop(house)
        placed = await shop.place(a_bracket())
        await house.show(shop.account, a_bar(100.0, minute=1))
        profit = (await shop.group(placed.group_id)).orders[-1]
        with pytest.raises(NotAllowedNow) as refused:
            await house.replace_order(
                shop.account, profit.order_id, NewTerms(Decimal(50)), a_request()
            )
        assert refused.value.reason == "SIZED_BY_GROUP"
        dearer = NewTerms(limit_price=Decimal(120))
        would = await house.replace_order(
            shop.account, profit.order_id, dearer, a_request(), validate_only=True
        )
        assert would.limit_price == 120
        assert (await house.order(shop.account, profit.order_id)).limit_price == 110
        await house.replace_order(shop.account, profit.order_id, dearer, a_request())
        await house.dispatch(shop.account, profit.order_id)
        assert (await house.order(shop.account, profit.order_id)).limit_price == 120


async def test_a_trailing_stop_starts_at_its_distance_from_the_price(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        shop = await a_shop(house)
        wanted = TrailingTerms(
            AAPL,
            Side.BUY,
            Decimal(10),
            OrderType.TRAILING_STOP,
            trail_percent=Decimal("1.5"),
        )
        order = await house.place(shop.account, wanted)
        assert (order.stop_price, order.trail_percent) == (Decimal("101.5"), Decimal("1.5"))


async def test_the_same_request_is_one_group(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        shop = await a_shop(house)
        asked = [house.place_group(shop.account, a_bracket(), a_request("once")) for _ in range(20)]
        answers = await asyncio.gather(*asked)
        assert len({answer.group_id for answer in answers}) == 1
        assert len(await house.orders(shop.account)) == 1


def a_wire_group(**fields: Any) -> order_group_pb2.OrderGroup:
    entry = order_pb2.Order(
        instrument_id="AAPL",
        side=fill_pb2.SIDE_BUY,
        quantity="10",
        order_type=order_pb2.ORDER_TYPE_MARKET,
    )
    usual: dict[str, Any] = {
        "entry": entry,
        "take_profit": order_group_pb2.TakeProfit(limit_price="110"),
        "stop_loss": order_group_pb2.StopLoss(trail_amount="2.50"),
    }
    return order_group_pb2.OrderGroup(**usual | fields)


async def call(office: Office, account_id: str, **fields: Any) -> pb.PlaceOrderGroupResponse:
    request = pb.PlaceOrderGroupRequest(
        account_id=account_id,
        order_group=a_wire_group(**fields),
        request_id=str(uuid.uuid4()),
    )
    return await office.orders.PlaceOrderGroup(request, **office.me())


async def test_a_group_goes_over_the_wire_and_back(office: Office) -> None:
    account_id = await office.open()
    placed = (await call(office, account_id)).order_group
    assert placed.kind == order_group_pb2.OrderGroup.KIND_BRACKET
    assert placed.stop_loss.trail_amount == "2.5"
    assert placed.group_id == placed.entry.order_id
    one = pb.GetOrderGroupRequest(account_id=account_id, group_id=placed.group_id)
    found = (await office.orders.GetOrderGroup(one, **office.me())).order_group
    assert found.entry.leg == order_pb2.Order.LEG_ENTRY
    listed = await office.orders.ListOrderGroups(
        pb.ListOrderGroupsRequest(account_id=account_id), **office.me()
    )
    assert [group.group_id for group in listed.order_groups] == [placed.group_id]


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"take_profit": None, "stop_loss": None}, "order_group.stop_loss", "MISSING_FIELD"),
        ({"quantity": "5"}, "order_group.quantity", "UNEXPECTED_FIELD"),
        (
            {"stop_loss": order_group_pb2.StopLoss(stop_price="120")},
            "order_group.stop_loss",
            "LEGS_CROSS",
        ),
        (
            {"stop_loss": order_group_pb2.StopLoss(limit_price="90")},
            "order_group.stop_loss.stop_price",
            "MISSING_FIELD",
        ),
        (
            {"stop_loss": order_group_pb2.StopLoss(stop_price="90", trail_amount="1")},
            "order_group.stop_loss.stop_price",
            "UNEXPECTED_FIELD",
        ),
    ],
)
async def test_orders_that_do_not_belong_together_are_refused_by_field(
    office: Office, fields: dict[str, Any], field: str, reason: str
) -> None:
    account_id = await office.open()
    code, why, _, at = await refusal(call(office, account_id, **fields))
    assert (code, why, at) == (grpc.StatusCode.INVALID_ARGUMENT, reason, [field])


async def test_a_group_that_is_not_there_is_not_found(office: Office) -> None:
    account_id = await office.open()
    one = pb.GetOrderGroupRequest(account_id=account_id, group_id="nothing")
    code, why, _, _ = await refusal(office.orders.GetOrderGroup(one, **office.me()))
    assert (code, why) == (grpc.StatusCode.NOT_FOUND, "ORDER_GROUP_NOT_FOUND")
