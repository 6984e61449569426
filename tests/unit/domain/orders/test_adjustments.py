"""Setting books right: every entry balances, and the log tells it again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidRequest
from domain.orders.account import Account
from domain.orders.events import (
    BooksAdjusted,
    Event,
    FillReversed,
    LedgerPosted,
    event_from_bytes,
    event_to_bytes,
)
from domain.orders.request import Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.values import MONEY_SCALE
from tests.builders import AAPL, MONDAY_OPEN, AnAccount

PRICE = 10**6


def reversal(order_id: int, side: Side, price: int, quantity: int, fee: int = 0) -> FillReversed:
    return FillReversed(MONDAY_OPEN, order_id, AAPL, side, price * PRICE, quantity, fee)


def test_a_fill_taken_back_leaves_the_account_as_it_was() -> None:
    one = AnAccount()
    order = one.work(Side.BUY, 10)
    before = (one.account.ledger.cash, one.account.reserved, one.account.buying_power)
    one.fill(order, "90", 4, fee="1")
    one.account.apply(reversal(order.order_id, Side.BUY, 90, 4, MONEY_SCALE))
    assert (one.account.ledger.cash, one.account.reserved, one.account.buying_power) == before
    assert (order.state, order.filled_quantity, order.fees) == (OrderState.ACCEPTED, 0, 0)
    assert one.account.positions[AAPL].quantity == 0


def test_an_order_that_a_duplicate_put_into_quarantine_is_filled_again() -> None:
    one = AnAccount()
    order = one.work(Side.SELL, 10)
    one.fill(order, "100", 10)
    one.account.ended[order.order_id] = order
    one.fill(order, "100", 10)
    assert order.state is OrderState.QUARANTINED
    one.account.apply(reversal(order.order_id, Side.SELL, 100, 10))
    assert order.state is OrderState.FILLED
    assert (one.account.positions[AAPL].quantity, one.account.reserved) == (-10, 0)


def test_what_comes_from_nowhere_is_profit_and_what_goes_is_loss() -> None:
    one = AnAccount()
    one.account.apply(BooksAdjusted(MONDAY_OPEN, AAPL, 10, 50 * PRICE, 0))
    assert one.account.ledger.realised == 500 * MONEY_SCALE
    one.account.apply(BooksAdjusted(MONDAY_OPEN, AAPL, -10, 50 * PRICE, 0))
    one.account.apply(BooksAdjusted(MONDAY_OPEN, "", 0, 0, -3))
    assert (one.account.ledger.realised, one.account.positions[AAPL].quantity) == (-3, 0)


def test_a_quantity_needs_a_price() -> None:
    with pytest.raises(InvalidRequest):
        AnAccount().account.apply(BooksAdjusted(MONDAY_OPEN, AAPL, 10, 0, 0))


steps = st.one_of(
    st.tuples(st.just("trade"), st.sampled_from(Side), st.integers(1, 20), st.integers(90, 110)),
    st.tuples(st.just("adjust"), st.integers(-20, 20), st.integers(1, 99), st.integers(-99, 99)),
    st.tuples(st.just("reverse"), st.integers(0, 9)),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(steps, max_size=12))
def test_the_ledger_balances_and_the_log_tells_it_again(made: list[tuple]) -> None:
    one = AnAccount(10_000_000)
    traded: list[tuple[int, Side, int, int]] = []
    for step in made:
        match step:
            case ("trade", side, quantity, price):
                order = one.work(side, quantity)
                one.fill(order, str(price), quantity)
                traded.append((order.order_id, side, price, quantity))
            case ("adjust", quantity, price, cash):
                one.account.apply(BooksAdjusted(MONDAY_OPEN, AAPL, quantity, price * PRICE, cash))
            case ("reverse", which) if which < len(traded):
                one.account.apply(reversal(*traded.pop(which)))
        assert one.account.ledger.imbalance == 0
    held = sum(position.cost for position in one.account.positions.values())
    assert held == one.account.ledger.positions
    log: list[Event] = []
    again = Account(one.instruments, RiskLimits(), log.append)
    for event in one.log:
        if not isinstance(event, LedgerPosted):
            again.apply(event_from_bytes(event_to_bytes(event)))
    assert log == one.log
    assert again.ledger == one.account.ledger
