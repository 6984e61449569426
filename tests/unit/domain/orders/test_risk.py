from decimal import Decimal

import pytest

from domain.orders.request import OrderType, Side
from domain.orders.risk import RiskLimits, reserve_price
from domain.orders.state import OrderState
from tests.builders import AAPL, AnAccount

BUY, SELL = Side.BUY, Side.SELL


def limits(**fields: object) -> RiskLimits:
    return RiskLimits(**fields)


@pytest.mark.parametrize(
    ("bounds", "side", "quantity", "reason"),
    [
        ({"max_order_quantity": Decimal(99)}, BUY, 100, "MAX_ORDER_QUANTITY"),
        ({"max_order_notional": Decimal(10_000)}, BUY, 100, "MAX_ORDER_NOTIONAL"),
        ({"max_position": Decimal(99)}, BUY, 100, "MAX_POSITION"),
        ({"max_position": Decimal(99)}, SELL, 100, "MAX_POSITION"),
        ({"short_selling": False}, SELL, 1, "SHORT_SELLING_NOT_ALLOWED"),
        ({}, BUY, 1_000, "INSUFFICIENT_BUYING_POWER"),
        ({}, SELL, 1_000, "INSUFFICIENT_BUYING_POWER"),
    ],
)
def test_each_bound_has_its_reason(
    bounds: dict[str, object], side: Side, quantity: int, reason: str
) -> None:
    order = AnAccount(limits=limits(**bounds)).place(side, quantity)
    assert (order.state, order.reason) == (OrderState.DENIED, reason)


def test_an_order_at_its_bounds_passes() -> None:
    given = AnAccount(10_500, limits=limits(
        max_order_quantity=Decimal(100), max_position=Decimal(100),
        max_order_notional=Decimal(10_500), short_selling=False,
    ))  # fmt: skip
    assert given.place(BUY, 100).state is OrderState.CREATED


def test_without_a_price_nothing_can_be_reserved() -> None:
    given = AnAccount(price=0.0)
    assert given.place(BUY, 1).reason == "NO_REFERENCE_PRICE"
    assert given.place(BUY, 1, limit=100_000000).state is OrderState.CREATED


def test_working_orders_of_the_same_side_count_as_filled() -> None:
    given = AnAccount(limits=limits(max_position=Decimal(150)))
    given.work(BUY, 100)
    assert given.place(BUY, 51).reason == "MAX_POSITION"
    assert given.place(BUY, 50).state is OrderState.CREATED


def test_an_order_that_traded_too_much_makes_no_room_for_others() -> None:
    given = AnAccount(limits=limits(max_position=Decimal(150)))
    order = given.work(BUY, 60)
    given.fill(order, "100", 120)
    assert order.state is OrderState.QUARANTINED
    assert given.place(BUY, 31).reason == "MAX_POSITION"
    assert given.place(BUY, 30).state is OrderState.CREATED


def test_orders_come_no_faster_than_allowed() -> None:
    given = AnAccount(limits=limits(max_orders_per_second=3))
    wish = given.place(BUY, 1)
    assert wish.state is OrderState.CREATED
    given.ts -= 1_000_000_000  # the next ones come at the same moment
    for expected in (OrderState.CREATED, OrderState.CREATED, OrderState.DENIED):
        order = given.place(BUY, 1)
        given.ts -= 1_000_000_000
        assert order.state is expected
    assert order.reason == "ORDER_RATE_EXCEEDED"
    given.ts += 1_000_000_000
    assert given.place(BUY, 1).state is OrderState.CREATED


def test_reducing_orders_pass_at_any_rate_and_without_buying_power_or_price() -> None:
    given = AnAccount(10_500, limits=limits(max_orders_per_second=1, short_selling=False))
    given.trade(BUY, 100, "100")
    given.account.mark(AAPL, 0.0)
    for _ in range(3):
        given.ts -= 1_000_000_000
        assert given.place(SELL, 30).state is OrderState.CREATED


def test_no_rate_limit_is_none() -> None:
    given = AnAccount(limits=limits(max_orders_per_second=0))
    for _ in range(50):
        given.ts -= 1_000_000_000
        assert given.place(BUY, 1).state is OrderState.CREATED


def test_the_collar_is_rounded_up() -> None:
    assert reserve_price(OrderType.MARKET, 0, 1) == 2
    assert reserve_price(OrderType.MARKET, 0, 100) == 105


def test_a_stop_reserves_at_the_dearer_of_reference_and_stop() -> None:
    assert reserve_price(OrderType.STOP, 200, 100) == 210
    assert reserve_price(OrderType.STOP, 50, 100) == 105
