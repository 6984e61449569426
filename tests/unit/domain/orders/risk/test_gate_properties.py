"""No sequence of orders and fills passes a limit, and nothing keeps an account from reducing."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import DomainError
from domain.orders.events import OrderAccepted, OrderCanceled, OrderReplaced, OrderSubmitted
from domain.orders.order import Order
from domain.orders.request import Side
from domain.orders.risk.account_limits import exposure
from domain.orders.risk.exposures import gross, worst
from domain.orders.risk.limits import Limits
from domain.orders.state import OrderState
from tests.builders import AAPL, MSFT
from tests.unit.domain.orders.risk.gated import DOLLAR, MONEY, Gated

GROSS, SIZE, HELD = 20_000, 60, 120
LIMITS = Limits(
    max_gross_exposure=Decimal(GROSS),
    max_order_quantity=Decimal(SIZE),
    max_position_quantity=Decimal(HELD),
    no_self_cross=True,
)
WORKING = (OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED)

a_side = st.sampled_from(Side)
a_quantity = st.integers(1, 150)
a_share = st.sampled_from([AAPL, MSFT])
a_price = st.integers(95, 105).map(lambda dollars: dollars * DOLLAR)
a_pick = st.integers(0, 1_000)

steps = st.lists(
    st.one_of(
        st.tuples(st.just("place"), a_side, a_quantity, a_share, st.just(0) | a_price),
        st.tuples(st.just("fill"), a_pick, a_quantity, a_price),
        st.tuples(st.just("cancel"), a_pick),
        st.tuples(st.just("replace"), a_pick, a_quantity, a_price),
    ),
    min_size=5,
    max_size=60,
)


def working(held: Gated) -> list[Order]:
    return [one for one in held.account.orders.values() if one.state in WORKING]


def take(held: Gated, step: tuple[Any, ...]) -> None:
    kind, *what = step
    if kind == "place":
        side, quantity, share, limit = what
        before = exposure(held.account.position(share), side, quantity)[0]
        order = held.place(side, quantity, share, limit=limit)
        if order.state == OrderState.CREATED:
            held.account.submitted(OrderSubmitted(held.ts, order.order_id))
            held.account.accepted(OrderAccepted(held.ts, order.order_id))
        else:
            assert before, f"{order.reason} refused an order that only reduces"
        return
    orders = working(held)
    if not orders:
        return
    order = orders[what[0] % len(orders)]
    try:
        if kind == "fill":
            held.fill(order, str(what[2] // DOLLAR), min(what[1], order.open_quantity))
        elif kind == "cancel":
            held.account.canceled(OrderCanceled(held.ts, order.order_id))
        else:
            limit = what[2] if order.limit_price else 0
            held.account.replace(held.ts, order.order_id, what[1], limit, 0)
            held.account.replaced(OrderReplaced(held.ts, order.order_id, what[1], limit, 0))
    except DomainError:
        pass  # the gate or the order's state forbids it


@settings(max_examples=80, deadline=None)
@given(steps)
def test_no_sequence_of_orders_and_fills_passes_a_limit(taken: list[tuple[Any, ...]]) -> None:
    held = Gated(LIMITS)
    for step in taken:
        take(held, step)
        account = held.account
        assert gross(account) <= GROSS * MONEY
        for position in account.positions.values():
            assert abs(position.quantity) <= worst(position) <= HELD
            assert not _meet(position.working.values())
        for order in account.orders.values():
            assert order.quantity <= SIZE or _reduced_when_placed(order)


def _meet(orders: Any) -> bool:
    """Whether a buyer of ours would pay what a seller of ours asks, both of which may open."""
    buys = [one for one in orders if one.side == Side.BUY and one.reserved]
    sells = [one for one in orders if one.side == Side.SELL and one.reserved]
    return any(
        not buy.limit_price or not sell.limit_price or buy.limit_price >= sell.limit_price
        for buy in buys
        for sell in sells
    )


def _reduced_when_placed(order: Order) -> bool:
    return order.quantity <= HELD
