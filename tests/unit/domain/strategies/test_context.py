from decimal import Decimal

import pytest

from domain.errors import InvalidRequest, NotFound
from domain.orders.request import CancelRequest, OrderRequest, OrderType, Side, TimeInForce
from domain.strategies import Context, OrderState
from tests.builders import AAPL, AnAccount


def a_context(given: AnAccount | None = None) -> Context:
    given = given or AnAccount()
    return Context(given.account, given.instruments)


def test_a_wish_is_only_queued() -> None:
    given = AnAccount()
    ctx = a_context(given)
    assert ctx.buy(AAPL, 100) == 1
    assert ctx.sell(AAPL, Decimal(50), limit=Decimal("101.25"), time_in_force="GTC") == 2
    assert ctx.wishes == [
        OrderRequest(1, AAPL, Side.BUY, 100),
        OrderRequest(
            2, AAPL, Side.SELL, 50, OrderType.LIMIT, 101_250000, 0, TimeInForce.GTC
        ),
    ]  # fmt: skip
    assert given.account.order_count == 0


@pytest.mark.parametrize(
    ("prices", "kind"),
    [
        ({}, OrderType.MARKET),
        ({"limit": 10}, OrderType.LIMIT),
        ({"stop": 10}, OrderType.STOP),
        ({"limit": 10, "stop": 11}, OrderType.STOP_LIMIT),
    ],
)
def test_the_prices_given_say_what_order_it_is(prices: dict[str, int], kind: OrderType) -> None:
    ctx = a_context()
    ctx.buy(AAPL, 1, **prices)
    assert ctx.wishes[0].order_type is kind


@pytest.mark.parametrize("quantity", [100.0, "100", True, None, float("nan")])
def test_only_exact_quantities_are_taken(quantity: object) -> None:
    ctx = a_context()
    ctx.buy(AAPL, Decimal(100))  # now a dictionary would answer 100.0 too
    with pytest.raises(InvalidRequest) as refusal:
        ctx.buy(AAPL, quantity)
    assert refusal.value.reason == "NOT_EXACT"
    assert len(ctx.wishes) == 1


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": Decimal("0.5")}, "quantity"),
        ({"quantity": 1, "limit": 10.5}, "limit"),
        ({"quantity": 1, "limit": 0}, "limit"),
        ({"quantity": 1, "stop": Decimal(-1)}, "stop"),
        ({"quantity": 1, "stop": Decimal("0.0000001")}, "stop"),
        ({"quantity": 1, "time_in_force": "GTD"}, "time_in_force"),
    ],
)
def test_what_cannot_be_wished_is_refused_and_counts_no_request(
    terms: dict[str, object], field: str
) -> None:
    ctx = a_context()
    with pytest.raises(InvalidRequest) as refusal:
        ctx.buy(AAPL, **terms)
    assert list(refusal.value.violations) == [field]
    assert ctx.buy(AAPL, 1) == 1


def test_split_adjusted_prices_are_finer_than_the_tick() -> None:
    ctx = a_context()
    ctx.buy(AAPL, 1, limit=Decimal("28.571429"))
    assert ctx.wishes[0].limit_price == 28_571429
    assert ctx.to_tick(28.571429, AAPL) == Decimal("28.57")


def test_the_account_is_seen_in_decimals() -> None:
    given = AnAccount(10_000)
    ctx = a_context(given)
    assert ctx.position(AAPL) == 0
    given.trade(Side.BUY, 50, "100")
    given.account.mark(AAPL, 110.0)
    given.work(Side.BUY, 10, limit=90_000000)
    assert ctx.position(AAPL) == Decimal(50)
    assert (ctx.cash, ctx.equity) == (Decimal(5_000), Decimal(10_500))
    assert ctx.buying_power == Decimal(4_100)


def test_working_orders_are_shown_as_they_stand() -> None:
    given = AnAccount()
    order = given.work(Side.BUY, 100, limit=99_500000)
    given.fill(order, "99.5", 40)
    (shown,) = a_context(given).working_orders(AAPL)
    assert (shown.state, shown.limit_price) == (OrderState.PARTIALLY_FILLED, Decimal("99.5"))
    assert (shown.quantity, shown.filled_quantity, shown.open_quantity) == (100, 40, 60)


def test_a_bare_symbol_will_do() -> None:
    ctx = a_context()
    ctx.buy("AAPL", 1)
    assert ctx.wishes[0].instrument_id == AAPL


def test_an_unknown_instrument_is_not_found() -> None:
    with pytest.raises(NotFound) as refusal:
        a_context().position("XYZ")
    assert refusal.value.reason == "INSTRUMENT_NOT_FOUND"


def test_only_own_requests_can_be_canceled() -> None:
    ctx = a_context()
    request = ctx.buy(AAPL, 1)
    ctx.cancel(request)
    assert ctx.wishes[-1] == CancelRequest(1)
    for unknown in (0, 2, -1):
        with pytest.raises(InvalidRequest):
            ctx.cancel(unknown)


def test_lines_are_logged_with_their_time() -> None:
    ctx = a_context()
    ctx.now = 5
    ctx.log("crossed")
    assert ctx.lines == [(5, "crossed")]
    assert ctx.time.year == 1970
