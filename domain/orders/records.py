"""What readers see of an account: exact decimals and text ids, each record whole in itself.

They are what the store gives back, what a repeated request is answered with, and what the events
of an account carry.
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from domain.instruments import Instrument
from domain.orders.doubt import Doubt
from domain.orders.ledger import Ledger
from domain.orders.order import PERCENT_DECIMALS, Leg, Order
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.values import from_scaled, money_to_decimal

ORIGIN_API, ORIGIN_RUN, ORIGIN_EXTERNAL = "API", "RUN", "EXTERNAL"


class AccountKey(Struct, frozen=True):
    """Names an account across tenants."""

    tenant: str
    account_id: str


class AccountTerms(Struct, frozen=True):
    """What an account is opened with and keeps."""

    account_id: str
    display_name: str
    broker: str
    currency: str
    limits: RiskLimits
    create_ts: int


class OrderRecord(Struct, frozen=True):
    """An order. `order_id` is the name outside, `number` its place among the account's orders."""

    account_id: str
    order_id: str
    number: int
    run_id: str
    request: int
    instrument_id: str
    side: Side
    quantity: Decimal
    order_type: OrderType
    limit_price: Decimal | None
    stop_price: Decimal | None
    time_in_force: TimeInForce
    state: OrderState
    reason: str
    filled_quantity: Decimal
    average_fill_price: Decimal | None
    broker_order_id: str
    create_ts: int
    update_ts: int
    version: int
    """Counts the changes of the order from 1."""
    origin: str = ""
    """Who made it: API, RUN or, found at the broker, EXTERNAL; empty in what was kept before."""
    group_id: str = ""
    """Of an order of a group: the name of the group's first order."""
    leg: Leg = Leg.NONE
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None


class FillRecord(Struct, frozen=True):
    """One execution."""

    account_id: str
    fill_id: str
    order_id: str
    number: int
    instrument_id: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    ts: int


class PositionRecord(Struct, frozen=True):
    """A holding at its last known price; valued at cost while none is known."""

    account_id: str
    instrument_id: str
    quantity: Decimal
    cost: Decimal
    realised: Decimal
    average_price: Decimal | None
    last_price: Decimal | None
    market_value: Decimal

    @property
    def unrealised(self) -> Decimal:
        """Profit and loss were it closed at the last known price."""
        return self.market_value - self.cost


class AccountRecord(Struct, frozen=True):
    """An account's money. `version` counts the events of the account."""

    terms: AccountTerms
    capital: Decimal
    cash: Decimal
    reserved: Decimal
    buying_power: Decimal
    equity: Decimal
    realised: Decimal
    fees: Decimal
    version: int


class LedgerRecord(Struct, frozen=True):
    """One compound entry: cash + basis + fee = capital + realised.

    `number` counts the entries of the account from 1; fill and instrument are empty for capital.
    """

    number: int
    ts: int
    fill_id: str
    instrument_id: str
    cash: Decimal
    basis: Decimal
    fee: Decimal
    capital: Decimal
    realised: Decimal
    cash_after: Decimal
    break_id: str = ""
    """The break of a reconciliation that it settles: an adjustment, or a fill taken back."""


class AccountSnapshot(Struct, frozen=True):
    """An account with all that is open in it at one moment; `seq` is the newest event then."""

    account: AccountRecord
    positions: tuple[PositionRecord, ...]
    open_orders: tuple[OrderRecord, ...]
    seq: int


class OrderTag(Struct):
    """What is kept of an order beside the decision core's own figures."""

    order_id: str
    run_id: str = ""
    fingerprint: bytes = b""
    """Tells its terms apart: the same name with other terms is a conflict."""
    broker_order_id: str = ""
    version: int = 0
    attempts: int = 0
    """How often something about it was sent to the broker."""
    doubt: Doubt | None = None
    """While nobody knows whether the broker has it, and as long as we ask after its absence."""
    watch_ts: int = 0
    """Until when an order that is presumed absent is still asked about; 0 when it is not."""
    origin: str = ""
    """Empty for who usually makes one: a run, or a client."""
    group_id: str = ""
    """The name of the first order of its group."""
    decision: str = ""
    """What it carries out; empty where nobody can carry it out again."""
    generation: int = 1
    """How often that was issued, this one included."""
    terms_ts: int = 0
    """When the broker took the terms it has, by the broker's clock; 0 for those it came with."""


def order_record(
    account_id: str, order: Order, tag: OrderTag, price_decimals: int, quantity_decimals: int
) -> OrderRecord:
    """The order as readers see it."""
    return OrderRecord(
        account_id,
        tag.order_id,
        order.order_id,
        tag.run_id,
        order.request,
        order.instrument_id,
        order.side,
        from_scaled(order.quantity, quantity_decimals),
        order.order_type,
        from_scaled(order.limit_price, price_decimals) if order.limit_price else None,
        from_scaled(order.stop_price, price_decimals) if order.stop_price else None,
        order.time_in_force,
        order.state,
        order.reason,
        from_scaled(order.filled_quantity, quantity_decimals),
        _mean_price(order.fill_value, order.filled_quantity, price_decimals),
        tag.broker_order_id,
        order.create_ts,
        order.update_ts,
        tag.version,
        tag.origin or (ORIGIN_RUN if tag.run_id else ORIGIN_API),
        tag.group_id,
        order.leg,
        *_trail(order, price_decimals),
    )


def _trail(order: Order, price_decimals: int) -> tuple[Decimal | None, Decimal | None]:
    trail = order.trail
    if trail is None:
        return None, None
    return (
        from_scaled(trail.amount, price_decimals) if trail.amount else None,
        from_scaled(trail.percent, PERCENT_DECIMALS) if trail.percent else None,
    )


def position_record(
    account_id: str, instrument: Instrument, quantity: int, cost: int, realised: int, last: float
) -> PositionRecord:
    """The position as readers see it; `last` is 0.0 while no price is known."""
    price = round(last * instrument.price_factor)
    value = price * quantity * instrument.money_factor if price else cost
    return PositionRecord(
        account_id,
        instrument.instrument_id,
        instrument.quantity_to_decimal(quantity),
        money_to_decimal(cost),
        money_to_decimal(realised),
        _mean_price(cost, quantity * instrument.money_factor, instrument.price_decimals),
        instrument.price_to_decimal(price) if price else None,
        money_to_decimal(value),
    )


def account_record(
    terms: AccountTerms,
    ledger: Ledger,
    reserved: int,
    positions: Iterable[PositionRecord],
    version: int,
) -> AccountRecord:
    """The money as readers see it, by the rules of `Account.buying_power` and `Account.equity`."""
    held = [position for position in positions if position.quantity]
    cash, bound = money_to_decimal(ledger.cash), money_to_decimal(reserved)
    shorted = sum((-position.cost for position in held if position.quantity < 0), Decimal(0))
    return AccountRecord(
        terms,
        money_to_decimal(ledger.capital),
        cash,
        bound,
        cash - bound - 2 * shorted,
        cash + sum((position.market_value for position in held), Decimal(0)),
        money_to_decimal(ledger.realised),
        money_to_decimal(ledger.fees),
        version,
    )


def _mean_price(value: int, quantity: int, price_decimals: int) -> Decimal | None:
    """Value over quantity to the nearest of the price's decimals; None for no quantity."""
    if not quantity:
        return None
    value, quantity = abs(value), abs(quantity)
    return from_scaled((2 * value + quantity) // (2 * quantity), price_decimals)
