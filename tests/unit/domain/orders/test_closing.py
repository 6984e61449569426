"""Orders that close only ever reduce, whatever fills beside them and in whichever order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.orders.closing import closable
from domain.orders.events import OrderPendingReplace
from domain.orders.request import Side
from domain.orders.state import OrderState
from tests.builders import AAPL, AnAccount, a_wish

DOLLAR = 10**6


def holding(size: int) -> AnAccount:
    """An account that holds so much, signed."""
    given = AnAccount(100_000_000)
    given.trade(Side.BUY if size > 0 else Side.SELL, abs(size), "100")
    return given


@given(
    size=st.integers(-300, 300).filter(bool),
    working=st.lists(
        st.tuples(st.sampled_from(Side), st.integers(1, 200), st.integers(0, 199)), max_size=6
    ),
    fills=st.permutations(range(7)),
)
@settings(max_examples=200)
def test_no_order_of_fills_leads_through_flat(
    size: int, working: list[tuple[Side, int, int]], fills: list[int]
) -> None:
    account = holding(size)
    against = Side.SELL if size > 0 else Side.BUY
    orders = []
    for side, quantity, done in working:
        order = account.work(side, quantity, limit=100 * DOLLAR)
        if order.is_working and 0 < done < quantity:
            account.fill(order, "100", done)
        orders.append(order)
    position = account.account.position(AAPL)
    if position.quantity * size <= 0:
        return  # those fills have turned it already
    most = closable(position)
    assert 0 <= most <= abs(position.quantity)
    if most:
        orders.append(account.work(against, most))
    sign = 1 if size > 0 else -1
    adding = [one for one in orders if one.side != against]
    for number in fills:
        if number < len(orders) and orders[number].is_working and orders[number] not in adding:
            account.fill(orders[number], "100")
            if most:
                assert position.quantity * sign >= 0


def test_what_a_working_order_may_take_is_not_closed_twice() -> None:
    account = holding(100)
    order = account.work(Side.SELL, 60, limit=150 * DOLLAR)
    account.work(Side.BUY, 50, limit=50 * DOLLAR)
    assert closable(account.account.position(AAPL)) == 40
    account.account.pending_replace(
        OrderPendingReplace(account.ts, order.order_id, 90, 150 * DOLLAR, 0, 150 * DOLLAR)
    )
    assert closable(account.account.position(AAPL)) == 10
    account.account.cancel(account.ts, order.order_id)
    assert order.state is OrderState.PENDING_CANCEL
    assert closable(account.account.position(AAPL)) == 10, "a fill may still cross the cancel"


@pytest.mark.parametrize(
    ("held", "side", "quantity", "reason"),
    [
        (100, Side.SELL, 100, ""),
        (100, Side.SELL, 101, "RUN_PAUSED"),
        (100, Side.BUY, 1, "RUN_PAUSED"),
        (-100, Side.BUY, 100, ""),
        (-100, Side.BUY, 101, "RUN_PAUSED"),
        (-100, Side.SELL, 1, "RUN_PAUSED"),
    ],
)
def test_who_may_only_reduce_is_denied_what_could_open(
    held: int, side: Side, quantity: int, reason: str
) -> None:
    account = holding(held)
    order = account.account.place(account.ts, a_wish(side, quantity), halted="RUN_PAUSED")
    assert order.reason == reason
    assert order.state is (OrderState.DENIED if reason else OrderState.CREATED)


def test_orders_that_reduce_one_by_one_may_not_open_together() -> None:
    account = holding(100)
    first = account.account.place(account.ts, a_wish(Side.SELL, 60), halted="RUN_PAUSED")
    second = account.account.place(account.ts, a_wish(Side.SELL, 60), halted="RUN_PAUSED")
    assert (first.reason, second.reason) == ("", "RUN_PAUSED")
