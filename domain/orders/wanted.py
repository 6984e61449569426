"""What clients ask for, in exact decimals, and what the decision core makes of it."""

from decimal import Decimal

from msgspec import Struct

from domain.errors import invalid
from domain.instruments import Instrument
from domain.orders.order import PERCENT_DECIMALS
from domain.orders.request import (
    OrderRequest,
    OrderType,
    Side,
    TimeInForce,
    TrailingRequest,
    check_terms,
)
from domain.orders.risk import RiskLimits
from domain.values import to_scaled


class NewAccount(Struct, frozen=True):
    """An account to open with this much capital."""

    display_name: str
    capital: Decimal
    broker: str = "paper"
    currency: str = "USD"
    limits: RiskLimits = RiskLimits()


class OrderTerms(Struct, frozen=True):
    """An order to place; `instrument` is an id or a bare symbol, None stands for no price."""

    instrument: str
    side: Side
    quantity: Decimal
    order_type: OrderType
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.DAY


class TrailingTerms(OrderTerms, frozen=True):
    """A stop that trails the market, by an amount or by a part of the price."""

    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None


class NewTerms(Struct, frozen=True):
    """What shall change of an order; None stays. The quantity includes what has traded."""

    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None


def wish_of(terms: OrderTerms, instrument: Instrument) -> OrderRequest:
    """The wish, scaled. Prices are on the tick and the quantity on the lot, or it is refused.

    Raises `InvalidRequest` naming the field: NOT_POSITIVE, OFF_TICK, OFF_LOT, TOO_MANY_DECIMALS,
    OUT_OF_RANGE, MISSING_FIELD, UNEXPECTED_FIELD.
    """
    scaled = (
        0,
        instrument.instrument_id,
        terms.side,
        instrument.quantity_to_int(terms.quantity),
        terms.order_type,
        price_of(terms.limit_price, instrument, "limit_price"),
        price_of(terms.stop_price, instrument, "stop_price"),
        terms.time_in_force,
    )
    wish = OrderRequest(*scaled)
    if isinstance(terms, TrailingTerms):
        wish = TrailingRequest(
            *scaled,
            price_of(terms.trail_amount, instrument, "trail_amount"),
            _percent_of(terms.trail_percent),
        )
    check_terms(wish)
    return wish


def price_of(price: Decimal | None, instrument: Instrument, field: str) -> int:
    """A client's price, scaled; 0 for none."""
    return 0 if price is None else instrument.price_to_int(price, field)


def _percent_of(percent: Decimal | None) -> int:
    if percent is None:
        return 0
    scaled = to_scaled(percent, PERCENT_DECIMALS, "trail_percent")
    if scaled <= 0:
        raise invalid("trail_percent", "must be above zero", reason="NOT_POSITIVE")
    return scaled
