"""What a strategy or a client may wish for. A wish is not an order until an account took it."""

from enum import IntEnum

from msgspec import Struct

from domain.errors import invalid


class Side(IntEnum):
    """The sign of a quantity."""

    BUY = 1
    SELL = -1


class OrderType(IntEnum):
    """What makes an order trade."""

    MARKET = 1
    LIMIT = 2
    STOP = 3
    STOP_LIMIT = 4


class TimeInForce(IntEnum):
    """How long an order may wait."""

    DAY = 1  # until the end of the session in which it first could trade
    GTC = 2  # until canceled
    IOC = 3  # what the next bar gives, the rest is canceled
    FOK = 4  # all of it on the next bar, or nothing


class OrderRequest(Struct, frozen=True, gc=False, array_like=True, tag_field="wish", tag="place"):
    """A wish to trade, in scaled integers; 0 stands for no price.

    `request` counts the wishes of one run from 1, so a decision has the same number in every
    shell; it is 0 for a client's order.
    """

    request: int
    instrument_id: str
    side: Side
    quantity: int
    order_type: OrderType = OrderType.MARKET
    limit_price: int = 0
    stop_price: int = 0
    time_in_force: TimeInForce = TimeInForce.DAY


class CancelRequest(Struct, frozen=True, gc=False, array_like=True, tag_field="wish", tag="cancel"):
    """A wish to cancel what became of the wish number `request` of the same run."""

    request: int


Wish = OrderRequest | CancelRequest

_MARKET = OrderType.MARKET
_HAS_LIMIT = (OrderType.LIMIT, OrderType.STOP_LIMIT)
_HAS_STOP = (OrderType.STOP, OrderType.STOP_LIMIT)


def check_terms(wish: OrderRequest) -> None:
    """Raises InvalidRequest, naming the field, for terms that contradict each other."""
    if wish.quantity <= 0:
        raise invalid("quantity", "must be above zero", reason="NOT_POSITIVE")
    kind = wish.order_type
    if kind == _MARKET and not wish.limit_price and not wish.stop_price:
        return
    _check_price("limit_price", wish.limit_price, kind in _HAS_LIMIT, kind)
    _check_price("stop_price", wish.stop_price, kind in _HAS_STOP, kind)


def _check_price(field: str, price: int, wanted: bool, kind: OrderType) -> None:
    if price < 0:
        raise invalid(field, "must be above zero", reason="NOT_POSITIVE")
    if wanted and not price:
        raise invalid(field, f"a {kind.name} order needs one", reason="MISSING_FIELD")
    if price and not wanted:
        raise invalid(field, f"a {kind.name} order has none", reason="UNEXPECTED_FIELD")
