"""No sequence of orders and fills passes a limit, and nothing keeps an account from reducing."""

from contextlib import suppress
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

a_side = st.sampled_from(Side)
a_quantity = st.sampled_from([5, 10, 30, 50, 60, 61, 100])
a_share = st.sampled_from([AAPL, MSFT])
a_price = st.integers(95, 105).map(lambda dollars: dollars * DOLLAR)
a_pick = st.integers(0, 1_000)

steps = st.lists(
    st.one_of(
        st.tuples(st.just("place"), a_side, a_quantity, a_share, st.just(0) | a_price),
        st.tuples(st.just("fill"), a_pick, a_quantity, a_price),
        st.tuples(st.just("cancel"), a_pick),
        st.tuples(st.just("replace"), a_pick, a_quantity, a_price),
        st.tuples(st.just("replaced"), a_pick),
    ),
    min_size=5,
    max_size=60,
)


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
    orders = list(held.account.orders.values())
    if kind == "replaced":
        orders = [one for one in orders if one.replacement is not None]
    if not orders:
        return
    order = orders[what[0] % len(orders)]
    with suppress(DomainError):  # the gate or the order's state may forbid it
        change(held, order, kind, what[1:])


def change(held: Gated, order: Order, kind: str, how: list[int]) -> None:
    account, ts, number = held.account, held.ts, order.order_id
    if kind == "fill":
        held.fill(order, str(how[1] // DOLLAR), min(how[0], order.open_quantity))
    elif kind == "cancel":
        account.canceled(OrderCanceled(ts, number))
    elif kind == "replace":
        account.replace(ts, number, how[0], how[1] if order.limit_price else 0, 0)
    elif (wanted := order.replacement) is not None:
        account.replaced(OrderReplaced(ts, number, wanted.quantity, wanted.limit_price, 0))


@settings(max_examples=120, deadline=None)
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
