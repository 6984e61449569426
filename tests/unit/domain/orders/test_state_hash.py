"""An account is what its log makes of it, from any prefix on."""

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError
from domain.instruments import Instrument, Instruments
from domain.market_data.bar import Bar
from domain.orders.account import Account
from domain.orders.events import Event, LedgerPosted, OrderSubmitted
from domain.orders.request import OrderRequest, OrderType, Side, TimeInForce
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.orders.state_hash import state_hash
from domain.simulation.exchange import Exchange
from domain.simulation.fees import Fees
from domain.values import MONEY_SCALE

AAPL = Instrument("AAPL.XNAS", "AAPL", "XNAS")
KNOWN = Instruments([AAPL])
DAY = 86_400 * 10**9
CASH = 50_000 * MONEY_SCALE

PLACE = st.tuples(
    st.just("place"),
    st.sampled_from(Side),
    st.integers(1, 400),
    st.sampled_from([0, 95, 100, 105]),
    st.sampled_from([TimeInForce.DAY, TimeInForce.GTC]),
)
STEPS = st.lists(
    PLACE
    | st.tuples(st.just("cancel"), st.integers(1, 12))
    | st.tuples(st.just("replace"), st.integers(1, 12), st.integers(1, 400))
    | st.tuples(st.just("bar"), st.integers(90, 110), st.integers(0, 500)),
    max_size=25,
)


def account_of(log: list[Event]) -> Account:
    return Account(KNOWN, RiskLimits(), log.append)


def lived(steps) -> tuple[list[Event], list[str]]:
    """The log of an account to which all of that happened, and its hash after each event."""
    log: list[Event] = []
    hashes: list[str] = []

    def record(event: Event) -> None:
        log.append(event)
        hashes.append(state_hash(account))

    account = Account(KNOWN, RiskLimits(), record)
    exchange = Exchange(account.apply, KNOWN, fees=Fees(1_000), volume_percent=50)
    account.deposit(0, CASH)
    account.mark(AAPL.instrument_id, 100.0)
    for day, step in enumerate(steps, 1):
        try:
            take(account, exchange, day * DAY, step)
        except DomainError:
            continue  # what cannot be leaves no event
    return log, hashes


def take(account: Account, exchange: Exchange, ts: int, step) -> None:
    match step:
        case ("place", side, quantity, limit, time_in_force):
            kind = OrderType.LIMIT if limit else OrderType.MARKET
            price = limit * AAPL.price_factor
            wish = OrderRequest(
                0, AAPL.instrument_id, side, quantity, kind, price, 0, time_in_force
            )
            order = account.place(ts, wish)
            if order.state is OrderState.CREATED:
                account.submitted(OrderSubmitted(ts, order.order_id))
                exchange.submit(ts, order)
        case ("cancel", number):
            account.cancel(ts, number)
            exchange.cancel(ts, number)
        case ("replace", number, quantity):
            order = account.order(number)
            account.replace(ts, number, quantity, order.limit_price, 0)
            exchange.replace(ts, number, quantity, order.limit_price, 0)
        case ("bar", price, volume):
            bar = Bar(AAPL.instrument_id, ts + 1, ts, *[float(price)] * 4, float(volume))
            exchange.match(bar)
            account.mark(AAPL.instrument_id, float(price))


@given(STEPS)
def test_every_prefix_of_a_log_makes_the_account_as_it_was_then(steps):
    log, hashes = lived(steps)
    account = account_of([])
    for event, expected in zip(log, hashes, strict=True):
        account.apply(event)
        assert state_hash(account) == expected


@given(STEPS, st.data())
def test_a_snapshot_and_the_rest_of_the_log_make_the_same_account(steps, data):
    log, _ = lived(steps)
    whole = account_of([])
    for event in log:
        whole.apply(event)
    cut = data.draw(st.integers(0, len(log)))
    while cut < len(log) and isinstance(log[cut], LedgerPosted):
        cut -= 1  # a fill and its posting are kept together
    before = account_of([])
    for event in log[:cut]:
        before.apply(event)
    after = account_of([])
    after.restore(deepcopy(before.state()))
    assert state_hash(after) == state_hash(before)
    for event in log[cut:]:
        after.apply(event)
    assert state_hash(after) == state_hash(whole)


def test_money_positions_and_orders_each_change_the_hash():
    account = account_of([])
    seen = {state_hash(account)}
    account.deposit(0, CASH)
    seen.add(state_hash(account))
    account.mark(AAPL.instrument_id, 100.0)
    order = account.place(1, OrderRequest(0, AAPL.instrument_id, Side.BUY, 10))
    seen.add(state_hash(account))
    account.submitted(OrderSubmitted(1, order.order_id))
    seen.add(state_hash(account))
    assert len(seen) == 4
