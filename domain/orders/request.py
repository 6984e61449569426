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
    TRAILING_STOP = 5  # a stop that follows the market at a distance, and only ever closer


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


class TrailingRequest(OrderRequest, frozen=True, gc=False, array_like=True, tag="trail"):
    """A wish for a stop that trails the market by an amount or by a part of the price.

    `trail_amount` is a scaled price, `trail_percent` counts 10,000ths of a percent. The account
    sets the first stop by the price it knows.
    """

    trail_amount: int = 0
    trail_percent: int = 0


class CancelRequest(Struct, frozen=True, gc=False, array_like=True, tag_field="wish", tag="cancel"):
    """A wish to cancel what became of the wish number `request` of the same run."""

    request: int


class GroupPolicy(IntEnum):
    """What becomes of a group when one of its orders is refused."""

    PROTECT_FIRST = 1  # without its stop loss it is undone; without its take profit it goes on
    ALL_OR_CANCEL = 2  # it is undone


class GroupRequest(Struct, frozen=True, gc=False, array_like=True, tag_field="wish", tag="group"):
    """A wish for orders that belong together.

    The exits work once the entry trades, for as much as it has traded, and what one of them trades
    is taken off the other. Without an entry they exit what is held already. Each carries the
    group's quantity and a request number of its own.
    """

    entry: OrderRequest | TrailingRequest | None
    take_profit: OrderRequest | None
    stop_loss: OrderRequest | TrailingRequest | None
    policy: GroupPolicy = GroupPolicy.PROTECT_FIRST

    @property
    def exits(self) -> tuple[OrderRequest | TrailingRequest, ...]:
        """The stop loss first: what protects comes before what profits."""
        return tuple(one for one in (self.stop_loss, self.take_profit) if one is not None)

    @property
    def request(self) -> int:
        """The number of the wish for its first order."""
        return (self.entry or self.exits[0]).request


Wish = OrderRequest | TrailingRequest | GroupRequest | CancelRequest

_MARKET = OrderType.MARKET
_TRAILING = OrderType.TRAILING_STOP
_HAS_LIMIT = (OrderType.LIMIT, OrderType.STOP_LIMIT)
_HAS_STOP = (OrderType.STOP, OrderType.STOP_LIMIT)


def check_terms(wish: OrderRequest) -> None:
    """Raises InvalidRequest, naming the field, for terms that contradict each other."""
    if wish.quantity <= 0:
        raise invalid("quantity", "must be above zero", reason="NOT_POSITIVE")
    kind = wish.order_type
    if kind == _MARKET and not wish.limit_price and not wish.stop_price:
        return
    if kind == _TRAILING:
        check_trail(wish)
    _check_price("limit_price", wish.limit_price, kind in _HAS_LIMIT, kind)
    _check_price("stop_price", wish.stop_price, kind in _HAS_STOP, kind)


MOST_PERCENT = 1_000_000  # a hundred percent


def check_trail(wish: OrderRequest) -> None:
    """Raises InvalidRequest for a trailing stop without one distance that makes sense."""
    amount, percent = trail_of(wish)
    if amount < 0 or percent < 0:
        raise invalid("trail_amount", "must be above zero", reason="NOT_POSITIVE")
    if not amount and not percent:
        raise invalid("trail_amount", "or trail_percent is needed", reason="MISSING_FIELD")
    if amount and percent:
        raise invalid("trail_percent", "there is a trail_amount already", reason="UNEXPECTED_FIELD")
    if percent >= MOST_PERCENT:
        raise invalid("trail_percent", "must be below 100", reason="OUT_OF_RANGE")


def trail_of(wish: OrderRequest) -> tuple[int, int]:
    """The amount and the percentage that a wish trails by; both 0 where it does not."""
    if isinstance(wish, TrailingRequest):
        return wish.trail_amount, wish.trail_percent
    return 0, 0


def _check_price(field: str, price: int, wanted: bool, kind: OrderType) -> None:
    if price < 0:
        raise invalid(field, "must be above zero", reason="NOT_POSITIVE")
    if wanted and not price:
        raise invalid(field, f"a {kind.name} order needs one", reason="MISSING_FIELD")
    if price and not wanted:
        raise invalid(field, f"a {kind.name} order has none", reason="UNEXPECTED_FIELD")
