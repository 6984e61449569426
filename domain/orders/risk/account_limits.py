"""The bounds that every account has, wide unless it was opened with others."""

from decimal import Decimal

from msgspec import Struct

from domain.orders.order import Order, Replacement
from domain.orders.position import Position
from domain.orders.request import OrderType, Side

MAX_ORDER_QUANTITY = "MAX_ORDER_QUANTITY"
MAX_ORDER_NOTIONAL = "MAX_ORDER_NOTIONAL"
MAX_POSITION = "MAX_POSITION"
ORDER_RATE_EXCEEDED = "ORDER_RATE_EXCEEDED"
NO_REFERENCE_PRICE = "NO_REFERENCE_PRICE"
SHORT_SELLING_NOT_ALLOWED = "SHORT_SELLING_NOT_ALLOWED"
INSUFFICIENT_BUYING_POWER = "INSUFFICIENT_BUYING_POWER"

_STOPS = (OrderType.STOP, OrderType.TRAILING_STOP)
COLLAR_PERCENT = 5  # how far a market order may run from the reference price, for its reservation

_COLLARED = 100 + COLLAR_PERCENT


class RiskLimits(Struct, frozen=True, gc=False):
    """The bounds of one account. Quantities in units, notional in money, both as decimals.

    An order that only reduces a position passes without buying power and at any rate.
    """

    max_order_quantity: Decimal = Decimal(10_000_000)
    max_order_notional: Decimal = Decimal(1_000_000_000)
    max_position: Decimal = Decimal(100_000_000)
    max_orders_per_second: int = 1_000
    short_selling: bool = True


class Bounds(Struct, frozen=True, gc=False):
    """The limits that do not depend on the instrument, scaled."""

    max_notional: int
    short_selling: bool


def reserve_price(order_type: OrderType, stop_price: int, reference_price: int) -> int:
    """The scaled price an order without a limit reserves at; 0 when there is nothing to go by.

    It is the dearer of reference and stop, and the collar on top, rounded up.
    """
    if not reference_price:
        return 0
    worst = max(reference_price, stop_price) if order_type in _STOPS else reference_price
    return -(-worst * _COLLARED // 100)


def refuse(
    position: Position,
    side: Side,
    quantity: int,
    price: int,
    bounds: Bounds,
    buying_power: int,
    too_fast: bool,
    link: int = 0,
) -> str | None:
    """Why an order for `quantity` more on that side may not exist, or None.

    `price` is what it would reserve at, `link` its group if it is an exit. Integers only, the cheap
    tests first.
    """
    if quantity > position.max_order_quantity:
        return MAX_ORDER_QUANTITY
    if position.working:
        opening, after = exposure(position, side, quantity, link)
    else:
        after = position.quantity * side + quantity
        opening = min(quantity, after)
    if opening <= 0:
        return None
    if too_fast:
        return ORDER_RATE_EXCEEDED
    if not price:
        return NO_REFERENCE_PRICE
    if price * quantity * position.money_factor > bounds.max_notional:
        return MAX_ORDER_NOTIONAL
    if after > position.max_quantity:
        return MAX_POSITION
    if not bounds.short_selling and side < 0:
        return SHORT_SELLING_NOT_ALLOWED
    if price * opening * position.money_factor > buying_power:
        return INSUFFICIENT_BUYING_POWER
    return None


def exposure(position: Position, side: Side, quantity: int, link: int = 0) -> tuple[int, int]:
    """How much of `quantity` more would open, and the position were all of that side filled.

    Of the exits of a group only the largest counts: what one trades is taken off the others.
    """
    after, more = position.quantity * side, quantity
    shared: dict[int, int] | None = None
    for order in position.working.values():
        if order.side == side:
            left = order.quantity - order.filled_quantity
            if order.replacement is not None:
                left = max(left, order.replacement.quantity - order.filled_quantity)
            left = max(0, left)  # one that traded too much gives nothing back
            if order.link:
                shared = shared or {}
                shared[order.link] = max(left, shared.get(order.link, 0))
            else:
                after += left
    if shared is not None:
        after += sum(shared.values())
        more = max(0, quantity - shared.get(link, 0))
    after += more
    return max(0, min(more, after)), after


def refuse_replacement(
    position: Position,
    order: Order,
    wanted: Replacement,
    bounds: Bounds,
    buying_power: int,
) -> str | None:
    """Why a working order may not take those terms, or None. Lesser terms always may."""
    more = max(0, wanted.quantity - order.quantity)
    size = wanted.quantity - order.filled_quantity if more and order.link else more
    opening, after = exposure(position, order.side, size, order.link)
    if more and wanted.quantity > position.max_order_quantity:
        return MAX_ORDER_QUANTITY
    if opening and after > position.max_quantity:
        return MAX_POSITION
    if opening and order.side < 0 and not bounds.short_selling:
        return SHORT_SELLING_NOT_ALLOWED
    order.replacement = wanted
    needed = position.reserve()
    order.replacement = None
    position.reserve()
    if needed <= 0:
        return None
    if wanted.reserve_price * wanted.quantity * position.money_factor > bounds.max_notional:
        return MAX_ORDER_NOTIONAL
    return INSUFFICIENT_BUYING_POWER if needed > buying_power else None
