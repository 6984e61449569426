"""Accounts, orders, fills and positions between the domain and protobuf."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec.structs import asdict

from adapters.wire.values import (
    Choices,
    decimal_from_wire,
    decimal_to_wire,
    required,
    time_to_wire,
)
from domain.errors import invalid, under
from domain.orders.order import Leg
from domain.orders.preview import OrderPreview
from domain.orders.records import (
    ORIGIN_API,
    ORIGIN_EXTERNAL,
    ORIGIN_RUN,
    AccountRecord,
    AccountSnapshot,
    FillRecord,
    LedgerRecord,
    OrderRecord,
    PositionRecord,
)
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.orders.wanted import NewAccount, NewTerms, OrderTerms, TrailingTerms
from trademesh.orders.v1 import (
    account_pb2,
    account_service_pb2,
    fill_pb2,
    order_group_pb2,
    order_pb2,
    order_service_pb2,
    position_pb2,
)

_UNLIMITED = RiskLimits()

SIDES = Choices({fill_pb2.SIDE_BUY: Side.BUY, fill_pb2.SIDE_SELL: Side.SELL})
ORDER_TYPES = Choices(
    {
        order_pb2.ORDER_TYPE_MARKET: OrderType.MARKET,
        order_pb2.ORDER_TYPE_LIMIT: OrderType.LIMIT,
        order_pb2.ORDER_TYPE_STOP: OrderType.STOP,
        order_pb2.ORDER_TYPE_STOP_LIMIT: OrderType.STOP_LIMIT,
        order_pb2.ORDER_TYPE_TRAILING_STOP: OrderType.TRAILING_STOP,
    }
)
TIMES_IN_FORCE = Choices(
    {
        order_pb2.TIME_IN_FORCE_DAY: TimeInForce.DAY,
        order_pb2.TIME_IN_FORCE_GTC: TimeInForce.GTC,
        order_pb2.TIME_IN_FORCE_IOC: TimeInForce.IOC,
        order_pb2.TIME_IN_FORCE_FOK: TimeInForce.FOK,
    }
)
_STATES: Mapping[OrderState, order_pb2.Order.State.ValueType] = {
    state: order_pb2.Order.State.Value(f"STATE_{state.name}") for state in OrderState
}

_LEGS: Mapping[Leg, order_pb2.Order.Leg.ValueType] = {
    leg: order_pb2.Order.Leg.Value(f"LEG_{leg.name if leg else 'UNSPECIFIED'}") for leg in Leg
}
_ORIGINS: Mapping[str, order_pb2.Order.Origin.ValueType] = {
    origin: order_pb2.Order.Origin.Value(f"ORIGIN_{origin}")
    for origin in (ORIGIN_API, ORIGIN_RUN, ORIGIN_EXTERNAL)
}


def terms_from_wire(order: order_pb2.Order) -> OrderTerms:
    """The order a client wants. Raises `InvalidRequest` naming the field under `order`."""
    with under("order"):
        return bare_terms_from_wire(order)


def bare_terms_from_wire(order: order_pb2.Order) -> OrderTerms:
    """The order a client wants. Raises `InvalidRequest` naming the field."""
    terms = OrderTerms(
        required("instrument_id", order.instrument_id),
        SIDES.from_wire("side", order.side),
        decimal_from_wire("quantity", order.quantity),
        ORDER_TYPES.from_wire("order_type", order.order_type),
        _limit_price(order),
        _stop_price(order),
        TIMES_IN_FORCE.from_wire("time_in_force", order.time_in_force, TimeInForce.DAY),
    )
    amount, percent = trail_from_wire(order)
    if terms.order_type == OrderType.TRAILING_STOP:
        return TrailingTerms(**asdict(terms), trail_amount=amount, trail_percent=percent)
    for field, value in (("trail_amount", amount), ("trail_percent", percent)):
        if value is not None:
            name = terms.order_type.name
            raise invalid(field, f"a {name} order has none", reason="UNEXPECTED_FIELD")
    return terms


def trail_from_wire(
    terms: order_pb2.Order | order_group_pb2.StopLoss,
) -> tuple[Decimal | None, Decimal | None]:
    """The distances at which a stop trails, None where it is not said."""
    amount = percent = None
    if terms.HasField("trail_amount"):
        amount = decimal_from_wire("trail_amount", terms.trail_amount)
    if terms.HasField("trail_percent"):
        percent = decimal_from_wire("trail_percent", terms.trail_percent)
    return amount, percent


def new_terms_from_wire(request: order_service_pb2.ReplaceOrderRequest) -> NewTerms:
    """What shall change. Raises `InvalidRequest` naming the field."""
    quantity = None
    if request.HasField("quantity"):
        quantity = decimal_from_wire("quantity", request.quantity)
    return NewTerms(quantity, _limit_price(request), _stop_price(request))


def new_account_from_wire(account: account_pb2.Account) -> NewAccount:
    """The account a client wants. Raises `InvalidRequest` naming the field under `account`."""
    with under("account"):
        return NewAccount(
            account.display_name,
            decimal_from_wire("capital", account.capital),
            account.broker or "paper",
            account.currency or "USD",
            _limits_from_wire(account.risk_limits),
        )


def order_to_wire(order: OrderRecord) -> order_pb2.Order:
    """An order as it stands."""
    wire = order_pb2.Order(
        order_id=order.order_id,
        account_id=order.account_id,
        number=order.number,
        run_id=order.run_id,
        instrument_id=order.instrument_id,
        side=SIDES.to_wire(order.side),
        quantity=decimal_to_wire(order.quantity),
        order_type=ORDER_TYPES.to_wire(order.order_type),
        time_in_force=TIMES_IN_FORCE.to_wire(order.time_in_force),
        state=_STATES[order.state],
        reason=order.reason,
        filled_quantity=decimal_to_wire(order.filled_quantity),
        average_fill_price=_or_empty(order.average_fill_price),
        broker_order_id=order.broker_order_id,
        create_time=time_to_wire(order.create_ts),
        update_time=time_to_wire(order.update_ts),
        etag=str(order.version),
        origin=_ORIGINS.get(order.origin, order_pb2.Order.ORIGIN_UNSPECIFIED),
        group_id=order.group_id,
        leg=_LEGS[order.leg],
    )
    if order.limit_price is not None:
        wire.limit_price = decimal_to_wire(order.limit_price)
    if order.stop_price is not None:
        wire.stop_price = decimal_to_wire(order.stop_price)
    if order.trail_amount is not None:
        wire.trail_amount = decimal_to_wire(order.trail_amount)
    if order.trail_percent is not None:
        wire.trail_percent = decimal_to_wire(order.trail_percent)
    return wire


def preview_to_wire(preview: OrderPreview) -> order_service_pb2.OrderPreview:
    """What an order would do."""
    return order_service_pb2.OrderPreview(
        reference_price=_or_empty(preview.reference_price),
        notional=_or_empty(preview.notional),
        fee=_or_empty(preview.fee),
        reserved=decimal_to_wire(preview.reserved),
        buying_power_after=decimal_to_wire(preview.buying_power_after),
        position_after=decimal_to_wire(preview.position_after),
    )


def fill_to_wire(fill: FillRecord) -> fill_pb2.Fill:
    """An execution."""
    return fill_pb2.Fill(
        fill_id=fill.fill_id,
        account_id=fill.account_id,
        order_id=fill.order_id,
        instrument_id=fill.instrument_id,
        side=SIDES.to_wire(fill.side),
        quantity=decimal_to_wire(fill.quantity),
        price=decimal_to_wire(fill.price),
        fee=decimal_to_wire(fill.fee),
        fill_time=time_to_wire(fill.ts),
    )


def position_to_wire(position: PositionRecord) -> position_pb2.Position:
    """A holding as it stands."""
    return position_pb2.Position(
        account_id=position.account_id,
        instrument_id=position.instrument_id,
        quantity=decimal_to_wire(position.quantity),
        cost=decimal_to_wire(position.cost),
        average_price=_or_empty(position.average_price),
        last_price=_or_empty(position.last_price),
        market_value=decimal_to_wire(position.market_value),
        unrealised_pnl=decimal_to_wire(position.unrealised),
        realised_pnl=decimal_to_wire(position.realised),
    )


def entry_to_wire(entry: LedgerRecord) -> account_service_pb2.LedgerEntry:
    """One entry of the ledger."""
    return account_service_pb2.LedgerEntry(
        number=entry.number,
        time=time_to_wire(entry.ts),
        kind=_kind_of(entry),
        fill_id=entry.fill_id,
        instrument_id=entry.instrument_id,
        cash=decimal_to_wire(entry.cash),
        basis=decimal_to_wire(entry.basis),
        fee=decimal_to_wire(entry.fee),
        capital=decimal_to_wire(entry.capital),
        realised_pnl=decimal_to_wire(entry.realised),
        cash_after=decimal_to_wire(entry.cash_after),
        break_id=entry.break_id,
    )


def account_to_wire(account: AccountRecord) -> account_pb2.Account:
    """An account's money as it stands."""
    terms = account.terms
    return account_pb2.Account(
        account_id=terms.account_id,
        display_name=terms.display_name,
        broker=terms.broker,
        currency=terms.currency,
        capital=decimal_to_wire(account.capital),
        cash=decimal_to_wire(account.cash),
        reserved=decimal_to_wire(account.reserved),
        buying_power=decimal_to_wire(account.buying_power),
        equity=decimal_to_wire(account.equity),
        realised_pnl=decimal_to_wire(account.realised),
        fees=decimal_to_wire(account.fees),
        risk_limits=_limits_to_wire(terms.limits),
        create_time=time_to_wire(terms.create_ts),
    )


def snapshot_to_wire(now: AccountSnapshot) -> account_service_pb2.AccountSnapshot:
    """An account with all that is open in it."""
    return account_service_pb2.AccountSnapshot(
        account=account_to_wire(now.account),
        positions=[position_to_wire(position) for position in now.positions],
        open_orders=[order_to_wire(order) for order in now.open_orders],
    )


def update_to_wire(
    record: OrderRecord | FillRecord | PositionRecord | AccountRecord, cursor: str
) -> account_service_pb2.WatchAccountResponse:
    """One change of an account."""
    wire = account_service_pb2.WatchAccountResponse(cursor=cursor)
    match record:
        case OrderRecord():
            wire.order.CopyFrom(order_to_wire(record))
        case FillRecord():
            wire.fill.CopyFrom(fill_to_wire(record))
        case PositionRecord():
            wire.position.CopyFrom(position_to_wire(record))
        case AccountRecord():
            wire.account.CopyFrom(account_to_wire(record))
    return wire


def _kind_of(entry: LedgerRecord) -> str:
    if entry.fill_id:
        return "REVERSAL" if entry.break_id else "FILL"
    return "ADJUSTMENT" if entry.break_id else "CAPITAL"


def _limit_price(terms: order_pb2.Order | order_service_pb2.ReplaceOrderRequest) -> Decimal | None:
    if not terms.HasField("limit_price"):
        return None
    return decimal_from_wire("limit_price", terms.limit_price)


def _stop_price(terms: order_pb2.Order | order_service_pb2.ReplaceOrderRequest) -> Decimal | None:
    if not terms.HasField("stop_price"):
        return None
    return decimal_from_wire("stop_price", terms.stop_price)


def _limits_from_wire(limits: account_pb2.RiskLimits) -> RiskLimits:
    """What is unset is bound only by what the house itself can count."""
    with under("risk_limits"):
        return RiskLimits(
            _limit(limits, "max_order_quantity", _UNLIMITED.max_order_quantity),
            _limit(limits, "max_order_notional", _UNLIMITED.max_order_notional),
            _limit(limits, "max_position", _UNLIMITED.max_position),
            _rate(limits),
            not limits.long_only,
        )


def _limit(limits: account_pb2.RiskLimits, field: str, unset: Decimal) -> Decimal:
    if not limits.HasField(field):  # type: ignore[arg-type]
        return unset
    value = decimal_from_wire(field, getattr(limits, field))
    if value < 0:
        raise invalid(field, "must not be negative", reason="NOT_POSITIVE")
    return value


def _rate(limits: account_pb2.RiskLimits) -> int:
    if not limits.HasField("max_orders_per_second"):
        return _UNLIMITED.max_orders_per_second
    if not 0 < limits.max_orders_per_second <= _UNLIMITED.max_orders_per_second:
        text = f"must be from 1 to {_UNLIMITED.max_orders_per_second}"
        raise invalid("max_orders_per_second", text, reason="OUT_OF_RANGE")
    return limits.max_orders_per_second


def _limits_to_wire(limits: RiskLimits) -> account_pb2.RiskLimits:
    wire = account_pb2.RiskLimits(long_only=not limits.short_selling)
    if limits.max_order_quantity != _UNLIMITED.max_order_quantity:
        wire.max_order_quantity = decimal_to_wire(limits.max_order_quantity)
    if limits.max_order_notional != _UNLIMITED.max_order_notional:
        wire.max_order_notional = decimal_to_wire(limits.max_order_notional)
    if limits.max_position != _UNLIMITED.max_position:
        wire.max_position = decimal_to_wire(limits.max_position)
    if limits.max_orders_per_second != _UNLIMITED.max_orders_per_second:
        wire.max_orders_per_second = limits.max_orders_per_second
    return wire


def _or_empty(value: Decimal | None) -> str:
    return "" if value is None else decimal_to_wire(value)
