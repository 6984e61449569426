"""Whatever happens to an account in whatever order, its books are right."""

from collections.abc import Callable

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import DomainError
from domain.orders import events as ev
from domain.orders.account import Account
from domain.orders.request import Side, TimeInForce
from domain.orders.risk import RiskLimits
from domain.orders.state import ENDED, WORKING, OrderState
from tests.builders import AAPL, MSFT, AnAccount, a_wish

DOLLAR = 1_000_000

a_side = st.sampled_from(Side)
a_price = st.integers(80 * DOLLAR, 120 * DOLLAR)
a_quantity = st.integers(1, 300)
an_order_id = st.integers(1, 12)

a_placing = st.builds(
    lambda side, quantity, limit, where: (
        lambda given: given.account.place(given.ts, a_wish(side, quantity, where, limit=limit))
    ),
    a_side,
    a_quantity,
    st.just(0) | a_price,
    st.sampled_from([AAPL, MSFT]),
)
a_mark = st.builds(
    lambda where, cents: lambda given: given.account.mark(where, cents / 100),
    st.sampled_from([AAPL, MSFT]),
    st.integers(8_000, 12_000),
)
a_replace = st.builds(
    lambda order_id, quantity, limit: (
        lambda given: given.account.replace(given.ts, order_id, quantity, limit, 0)
    ),
    an_order_id,
    a_quantity,
    a_price,
)
a_fill = st.builds(
    lambda order_id, price, quantity, fee: (
        lambda given: given.account.apply(ev.OrderFilled(given.ts, order_id, price, quantity, fee))
    ),
    an_order_id,
    a_price,
    a_quantity,
    st.integers(0, 10**9),
)
news = st.builds(
    lambda kind, order_id: lambda given: given.account.apply(kind(given.ts, order_id)),
    st.sampled_from(
        [ev.OrderSubmitted] * 4 + [ev.OrderAccepted] * 4
        + [ev.OrderInDoubt, ev.OrderPendingCancel, ev.OrderCanceled, ev.OrderExpired,
           ev.OrderPresumedAbsent]
    ),
    an_order_id,
)  # fmt: skip
bad_news = st.builds(
    lambda kind, order_id: lambda given: given.account.apply(kind(given.ts, order_id, "BAD")),
    st.sampled_from([ev.OrderRejected, ev.OrderQuarantined, ev.OrderDenied]),
    an_order_id,
)
a_replaced = st.builds(
    lambda order_id, quantity, limit: (
        lambda given: given.account.apply(ev.OrderReplaced(given.ts, order_id, quantity, limit, 0))
    ),
    an_order_id,
    a_quantity,
    a_price,
)
happenings = st.lists(
    a_placing | news | a_fill | news | a_mark | a_replace | a_replaced | bad_news,
    min_size=10,
    max_size=80,
)


def live_through(what: list[Callable[[AnAccount], object]]) -> AnAccount:
    """An account after all of it; what it refuses is refused whole."""
    given_account = AnAccount(200_000)
    for happen in what:
        given_account.ts += 1_000_000_000
        before = snapshot(given_account.account)
        count = len(given_account.log)
        try:
            happen(given_account)
        except DomainError:
            assert snapshot(given_account.account) == before
            assert len(given_account.log) == count
        check(given_account.account)
    return given_account


def snapshot(account: Account) -> bytes:
    return msgspec.msgpack.encode(account.state())


def check(account: Account) -> None:
    assert account.ledger.imbalance == 0
    assert account.reserved == sum(one.reserved for one in account.positions.values())
    assert account.reserved == sum(order.reserved for order in account.orders.values())
    assert account.reserved >= 0
    assert account.ledger.positions == sum(one.cost for one in account.positions.values())
    assert account.short_cost == sum(one.short_cost for one in account.positions.values())
    assert account.ledger.realised == sum(one.realised for one in account.positions.values())
    for position in account.positions.values():
        assert (position.quantity == 0) == (position.cost == 0)
        assert (position.quantity > 0) == (position.cost > 0)
        assert position.reserved == the_need_of(position)
    for order in account.orders.values():
        assert order.state in WORKING
        assert order.reserved >= 0
    for order in account.ended.values():
        assert order.state in ENDED
        assert order.reserved == 0


def the_need_of(position: object) -> int:
    """Said again in the simplest way: cover is handed out share by share, oldest order first."""
    cover = {Side.BUY: max(0, -position.quantity), Side.SELL: max(0, position.quantity)}
    need = 0
    for order in sorted(
        position.working.values(), key=lambda one: list(position.working).index(one.order_id)
    ):
        terms = [(order.quantity, order.reserve_price)]
        if order.replacement is not None:
            terms.append((order.replacement.quantity, order.replacement.reserve_price))
        left = max(0, max(quantity for quantity, _ in terms) - order.filled_quantity)
        covered = min(left, cover[order.side])
        cover[order.side] -= covered
        need += (left - covered) * max(price for _, price in terms) * position.money_factor
    return need


@settings(max_examples=200)
@given(happenings)
def test_the_books_are_right_after_every_event(
    what: list[Callable[[AnAccount], object]],
) -> None:
    live_through(what)


@settings(max_examples=100)
@given(happenings)
def test_quantities_are_conserved(what: list[Callable[[AnAccount], object]]) -> None:
    lived = live_through(what)
    sides = {
        e.order_id: (e.instrument_id, e.side) for e in lived.log if isinstance(e, ev.OrderCreated)
    }
    held = {AAPL: 0, MSFT: 0}
    for event in lived.log:
        if isinstance(event, ev.OrderFilled):
            where, side = sides[event.order_id]
            held[where] += side * event.quantity
    for where, quantity in held.items():
        assert lived.account.position(where).quantity == quantity


@settings(max_examples=100)
@given(happenings)
def test_replaying_the_log_gives_the_same_account_and_the_same_bytes(
    what: list[Callable[[AnAccount], object]],
) -> None:
    lived = live_through(what)
    packed = ev.events_to_bytes(lived.log)
    log: list[ev.Event] = []
    again = Account(lived.instruments, RiskLimits(), log.append)
    for event in ev.events_from_bytes(packed, len(lived.log)):
        again.apply(event)
    assert ev.events_to_bytes(log) == packed
    assert again.buying_power == lived.account.buying_power
    assert {o.order_id: o for o in again.state().orders} == {
        o.order_id: o for o in lived.account.state().orders
    }
    assert again.ledger == lived.account.ledger


@settings(max_examples=100)
@given(happenings)
def test_a_restored_account_equals_the_one_it_was_kept_from(
    what: list[Callable[[AnAccount], object]],
) -> None:
    lived = live_through(what).account
    again = Account(lived.instruments, RiskLimits(), lambda _: None)
    again.restore(msgspec.msgpack.decode(snapshot(lived), type=type(lived.state())))
    assert again.buying_power == lived.buying_power
    assert snapshot(again) == snapshot(lived)


@settings(max_examples=100)
@given(happenings)
def test_nothing_is_reserved_once_every_order_ended(
    what: list[Callable[[AnAccount], object]],
) -> None:
    account = live_through(what).account
    for order_id in list(account.orders):
        if account.orders[order_id].state == OrderState.QUARANTINED:
            account.canceled(ev.OrderCanceled(1, order_id))
        elif account.orders[order_id].state == OrderState.CREATED:
            account.cancel(1, order_id)
        else:
            account.canceled(ev.OrderCanceled(1, order_id))
    assert account.reserved == 0
    assert not account.orders


@given(st.lists(st.tuples(a_side, a_quantity, st.just(0) | a_price), max_size=40))
def test_accepted_orders_together_never_spend_more_than_there_is(
    wishes: list[tuple[Side, int, int]],
) -> None:
    given_account = AnAccount(50_000)
    for side, quantity, limit in wishes:
        given_account.place(side, quantity, limit=limit, time_in_force=TimeInForce.GTC)
        assert given_account.account.buying_power >= 0
