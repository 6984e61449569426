from decimal import Decimal

import pytest

from domain.errors import InvalidRequest, NotAllowedNow, NotFound
from domain.orders.account import Account
from domain.orders.events import (
    LedgerPosted,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderInDoubt,
    OrderPresumedAbsent,
    OrderRejected,
    OrderReplaced,
    OrderSubmitted,
)
from domain.orders.request import OrderRequest, OrderType, Side
from domain.orders.risk import RiskLimits
from domain.orders.state import IllegalTransition, OrderState
from domain.values import money_to_decimal, money_to_int
from tests.builders import AAPL, AnAccount, a_wish, an_instrument

BUY, SELL = Side.BUY, Side.SELL


def money(amount: int) -> Decimal:
    return money_to_decimal(amount)


def kinds(given: AnAccount) -> list[str]:
    return [type(event).__name__ for event in given.log]


def test_a_market_order_placed_and_filled_makes_exactly_five_events() -> None:
    given = AnAccount()
    given.trade(BUY, 100, "101")
    assert kinds(given)[1:] == [
        "OrderCreated", "OrderSubmitted", "OrderAccepted", "OrderFilled", "LedgerPosted",
    ]  # fmt: skip


def test_a_fill_moves_cash_into_the_position_at_cost() -> None:
    given = AnAccount()
    given.trade(BUY, 100, "101.5")
    account = given.account
    assert money(account.ledger.cash) == Decimal(89_850)
    assert money(account.ledger.positions) == Decimal(10_150)
    assert account.positions[AAPL].size == 100
    assert account.ledger.imbalance == 0


def test_closing_realises_the_profit_before_fees() -> None:
    given = AnAccount()
    given.trade(BUY, 100, "100")
    sale = given.work(SELL, 100)
    given.fill(sale, "110", fee="1.25")
    ledger = given.account.ledger
    assert (money(ledger.realised), money(ledger.fees)) == (Decimal(1000), Decimal("1.25"))
    assert money(ledger.cash) == Decimal("100998.75")
    assert ledger.positions == ledger.imbalance == 0


def test_a_fill_through_zero_closes_one_position_and_opens_the_other() -> None:
    given = AnAccount()
    given.trade(BUY, 100, "100")
    given.trade(SELL, 300, "110")
    position = given.account.positions[AAPL]
    assert (position.size, money(position.cost)) == (-200, Decimal(-22_000))
    assert money(given.account.ledger.realised) == Decimal(1000)


def test_the_last_share_takes_the_whole_cost_with_it() -> None:
    given = AnAccount()
    given.trade(BUY, 3, "33.333333")
    for _ in range(3):
        given.trade(SELL, 1, "33.333333")
    assert given.account.positions[AAPL].cost == 0
    assert given.account.ledger.realised == 0


def test_working_orders_count_as_spent() -> None:
    given = AnAccount(10_000)
    given.work(BUY, 50, limit=100_000000)
    assert money(given.account.buying_power) == Decimal(5_000)


def test_a_market_order_reserves_the_reference_price_and_the_collar() -> None:
    given = AnAccount(10_000)
    given.work(BUY, 10)
    assert money(given.account.reserved) == Decimal(1_050)


def test_a_short_position_binds_what_it_brought_in_twice() -> None:
    given = AnAccount(10_000)
    given.trade(SELL, 50, "100")
    assert money(given.account.ledger.cash) == Decimal(15_000)
    assert money(given.account.buying_power) == Decimal(5_000)


def test_an_order_that_only_reduces_needs_no_buying_power() -> None:
    given = AnAccount(10_000)
    given.trade(BUY, 95, "100")
    given.account.mark(AAPL, 300.0)
    assert given.work(SELL, 95).state is OrderState.ACCEPTED
    assert given.account.reserved == 0


def test_cover_is_used_once_by_the_oldest_order() -> None:
    given = AnAccount(100_000)
    given.trade(BUY, 100, "100")
    first, second = given.work(SELL, 60), given.work(SELL, 60)
    assert (first.reserved, money(second.reserved)) == (0, Decimal(20 * 105))


def test_cover_goes_to_the_next_order_when_the_first_ends() -> None:
    given = AnAccount(100_000)
    given.trade(BUY, 100, "100")
    first, second = given.work(SELL, 100), given.work(SELL, 60)
    given.account.canceled(OrderCanceled(given.ts, first.order_id))
    assert second.reserved == given.account.reserved == 0


def test_a_denied_order_is_recorded_with_its_reason_and_reserves_nothing() -> None:
    given = AnAccount(1_000)
    order = given.place(BUY, 100)
    assert (order.state, order.reason) == (OrderState.DENIED, "INSUFFICIENT_BUYING_POWER")
    assert kinds(given)[-2:] == ["OrderCreated", "OrderDenied"]
    assert given.account.reserved == 0
    assert not given.account.orders


def test_a_fill_beyond_its_reservation_is_kept_and_stops_new_risk() -> None:
    given = AnAccount(10_500)
    order = given.work(BUY, 100)
    given.fill(order, "130")
    assert money(given.account.buying_power) == Decimal(-2_500)
    assert given.place(BUY, 1).reason == "INSUFFICIENT_BUYING_POWER"
    assert given.place(SELL, 100).state is OrderState.CREATED


def test_an_impossible_event_leaves_everything_as_before() -> None:
    given = AnAccount()
    order = given.place(BUY, 100)
    reserved, log = given.account.reserved, list(given.log)
    with pytest.raises(IllegalTransition) as refusal:
        given.fill(order, "100")
    assert refusal.value.reason == "ILLEGAL_ORDER_TRANSITION"
    assert (order.state, order.filled_quantity) == (OrderState.CREATED, 0)
    assert (given.account.reserved, given.log) == (reserved, log)


def test_fills_may_come_before_the_acknowledgement() -> None:
    given = AnAccount()
    order = given.place(BUY, 100)
    given.account.submitted(OrderSubmitted(given.ts, 1))
    given.fill(order, "100", 40)
    given.account.accepted(OrderAccepted(given.ts, 1))
    assert order.state is OrderState.PARTIALLY_FILLED
    given.fill(order, "100", 60)
    assert order.state is OrderState.FILLED


@pytest.mark.parametrize("end", [OrderCanceled, OrderExpired])
def test_a_fill_after_the_end_is_kept(end: type) -> None:
    given = AnAccount()
    order = given.work(BUY, 100)
    given.account.apply(end(given.ts, order.order_id))
    state = order.state
    given.fill(order, "100", 30)
    assert given.account.positions[AAPL].size == 30
    assert (order.state, order.filled_quantity) == (state, 30)
    assert given.account.reserved == 0


def test_a_fill_revives_an_order_that_was_presumed_absent() -> None:
    given = AnAccount()
    order = given.place(BUY, 100)
    for event in (OrderSubmitted, OrderInDoubt, OrderPresumedAbsent):
        given.account.apply(event(given.ts, 1))
    assert given.account.reserved == 0
    given.fill(order, "100", 30)
    assert order.state is OrderState.PARTIALLY_FILLED
    assert money(given.account.reserved) == Decimal(70 * 105)


def test_a_fill_beyond_the_quantity_is_kept_and_quarantines_the_order() -> None:
    given = AnAccount()
    order = given.work(BUY, 100)
    given.fill(order, "100", 120)
    assert order.state is OrderState.QUARANTINED
    assert given.account.positions[AAPL].size == 120
    assert given.account.reserved == 0


def test_a_fill_of_a_rejected_order_is_kept_and_quarantines_it() -> None:
    given = AnAccount()
    order = given.work(BUY, 100)
    given.account.rejected(OrderRejected(given.ts, 1, "HALTED"))
    given.fill(order, "100", 10)
    assert order.state is OrderState.QUARANTINED
    assert money(given.account.reserved) == Decimal(90 * 105)


def test_an_order_that_was_never_sent_is_canceled_at_once() -> None:
    given = AnAccount()
    assert given.account.cancel(1, given.place(BUY, 1).order_id).state is OrderState.CANCELED


def test_a_working_order_waits_for_the_answer_to_its_cancel() -> None:
    given = AnAccount()
    order = given.account.cancel(1, given.work(BUY, 1).order_id)
    assert order.state is OrderState.PENDING_CANCEL
    with pytest.raises(IllegalTransition):
        given.account.cancel(1, order.order_id)


def test_a_refused_cancel_brings_the_order_back_to_work() -> None:
    given = AnAccount()
    order = given.work(BUY, 100)
    given.fill(order, "100", 10)
    given.account.cancel(1, order.order_id)
    given.account.accepted(OrderAccepted(2, order.order_id))
    assert order.state is OrderState.PARTIALLY_FILLED


def test_a_replace_reserves_the_dearer_terms_until_it_is_answered() -> None:
    given = AnAccount()
    order = given.work(BUY, 100, limit=100_000000)
    given.account.replace(1, order.order_id, 50, 120_000000, 0)
    assert money(given.account.reserved) == Decimal(100 * 120)
    given.account.replaced(OrderReplaced(2, order.order_id, 50, 120_000000, 0))
    assert money(given.account.reserved) == Decimal(50 * 120)
    assert (order.state, order.quantity) == (OrderState.ACCEPTED, 50)


def test_a_refused_replace_leaves_the_old_terms() -> None:
    given = AnAccount()
    order = given.work(BUY, 100, limit=100_000000)
    given.account.replace(1, order.order_id, 150, 120_000000, 0)
    given.account.accepted(OrderAccepted(2, order.order_id))
    assert (order.quantity, order.limit_price) == (100, 100_000000)
    assert money(given.account.reserved) == Decimal(10_000)


def test_a_replace_to_what_is_filled_already_completes_the_order() -> None:
    given = AnAccount()
    order = given.work(BUY, 100, limit=100_000000)
    given.account.replace(1, order.order_id, 60, 100_000000, 0)
    given.fill(order, "100", 60)
    given.account.replaced(OrderReplaced(2, order.order_id, 60, 100_000000, 0))
    assert order.state is OrderState.FILLED
    assert given.account.reserved == 0


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ((2000, 100_000000, 0), "INSUFFICIENT_BUYING_POWER"),
        ((100, 2000_000000, 0), "INSUFFICIENT_BUYING_POWER"),
        ((20_000_000, 100_000000, 0), "MAX_ORDER_QUANTITY"),
    ],
)
def test_a_replace_passes_the_gate_too(terms: tuple[int, int, int], reason: str) -> None:
    given = AnAccount()
    order = given.work(BUY, 100, limit=100_000000)
    before = given.account.reserved
    with pytest.raises(NotAllowedNow) as refusal:
        given.account.replace(1, order.order_id, *terms)
    assert refusal.value.reason == reason
    assert (order.state, given.account.reserved) == (OrderState.ACCEPTED, before)


def test_a_cheaper_replace_passes_without_buying_power() -> None:
    given = AnAccount(10_500)
    order = given.work(BUY, 100, limit=105_000000)
    given.account.replace(1, order.order_id, 90, 100_000000, 0)
    assert order.state is OrderState.PENDING_REPLACE


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (a_wish(quantity=0), "quantity"),
        (a_wish(quantity=-5), "quantity"),
        (OrderRequest(0, AAPL, BUY, 1, OrderType.LIMIT), "limit_price"),
        (OrderRequest(0, AAPL, BUY, 1, OrderType.MARKET, 5), "limit_price"),
        (OrderRequest(0, AAPL, BUY, 1, OrderType.LIMIT, 5, 5), "stop_price"),
        (OrderRequest(0, AAPL, BUY, 1, OrderType.STOP), "stop_price"),
        (OrderRequest(0, AAPL, BUY, 1, OrderType.LIMIT, -5), "limit_price"),
    ],
)
def test_terms_that_contradict_each_other_are_refused(wish: object, field: str) -> None:
    given = AnAccount()
    with pytest.raises(InvalidRequest) as refusal:
        given.account.place(1, wish)
    assert list(refusal.value.violations) == [field]
    assert given.account.order_count == 0


def test_unknown_things_are_not_found() -> None:
    given = AnAccount()
    with pytest.raises(NotFound) as instrument:
        given.account.place(1, a_wish(instrument_id="XYZ.XNAS"))
    assert instrument.value.reason == "INSTRUMENT_NOT_FOUND"
    with pytest.raises(NotFound) as order:
        given.account.cancel(1, 7)
    assert order.value.reason == "ORDER_NOT_FOUND"


@pytest.mark.parametrize("amount", [0, -1])
def test_a_deposit_is_above_zero(amount: int) -> None:
    with pytest.raises(InvalidRequest):
        AnAccount().account.deposit(1, amount)


def test_a_fill_without_quantity_or_price_is_refused() -> None:
    given = AnAccount()
    order = given.work(BUY, 100)
    for price, quantity in ((0, 1), (1, 0), (1, -1)):
        with pytest.raises(InvalidRequest):
            given.account.filled(OrderFilled(1, order.order_id, price, quantity))
    assert order.filled_quantity == 0


def test_a_posting_that_is_not_ours_is_refused() -> None:
    given = AnAccount()
    given.trade(BUY, 1, "100")
    with pytest.raises(InvalidRequest) as refusal:
        given.account.apply(LedgerPosted(given.ts, 1, 1, 1, 0, 2))
    assert refusal.value.reason == "LEDGER_MISMATCH"


def test_a_restored_account_goes_on_as_if_nothing_had_happened() -> None:
    given = AnAccount()
    given.trade(BUY, 100, "100")
    given.trade(SELL, 20, "101", "MSFT.XNAS")
    given.work(SELL, 150)
    ended = given.work(BUY, 5)
    given.account.canceled(OrderCanceled(given.ts, ended.order_id))
    kept = given.account.state()
    again = Account(given.instruments, RiskLimits(), lambda _: None)
    again.restore(kept)
    assert again.buying_power == given.account.buying_power
    assert again.reserved == given.account.reserved
    assert again.state() == kept
    again.filled(OrderFilled(1, ended.order_id, 100_000000, 5))
    assert again.positions[AAPL].size == 105


def test_equity_marks_positions_at_the_last_price() -> None:
    given = AnAccount()
    given.trade(BUY, 100, "100")
    given.account.mark(AAPL, 112.5)
    assert money(given.account.equity) == Decimal(101_250)


def test_finer_quantities_are_as_exact() -> None:
    coin = an_instrument(
        "BTC.COIN", price_decimals=2, quantity_decimals=7, lot_size=Decimal("0.0000001")
    )
    given = AnAccount(instruments=[coin])
    given.trade(BUY, 1234567, "98765.43", "BTC.COIN")
    value = Decimal("0.1234567") * Decimal("98765.43")
    assert money(given.account.ledger.positions) == value
    assert given.account.positions["BTC.COIN"].size == Decimal("0.1234567")
    assert money_to_int(value) == given.account.ledger.positions
