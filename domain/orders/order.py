"""An order as it stands now."""

from msgspec import Struct

from domain.orders.events import OrderCreated
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.state import WORKING, OrderState


class Replacement(Struct, frozen=True, gc=False):
    """The terms that a replace on its way asks for."""

    quantity: int
    limit_price: int
    stop_price: int
    reserve_price: int


class Order(Struct, gc=False):
    """One order of one account; only its account changes it.

    `order_id` counts the account's orders from 1. Prices, quantities and money are scaled
    integers. `reserved` is the buying power its open part holds; `fill_value` the sum of
    price × quantity of its fills.
    """

    order_id: int
    request: int
    instrument_id: str
    side: Side
    quantity: int
    order_type: OrderType
    limit_price: int
    stop_price: int
    time_in_force: TimeInForce
    reserve_price: int
    create_ts: int
    update_ts: int
    state: OrderState = OrderState.CREATED
    filled_quantity: int = 0
    fill_value: int = 0
    fees: int = 0
    reserved: int = 0
    reason: str = ""
    replacement: Replacement | None = None

    @property
    def open_quantity(self) -> int:
        """What may still trade of it, were it working."""
        return max(0, self.quantity - self.filled_quantity)

    @property
    def is_working(self) -> bool:
        """Whether it can still trade."""
        return self.state in WORKING

    @property
    def average_price(self) -> float | None:
        """Mean fill price, scaled; None before the first fill."""
        return self.fill_value / self.filled_quantity if self.filled_quantity else None


def order_from(event: OrderCreated) -> Order:
    """The order that `event` brings to life."""
    return Order(
        event.order_id,
        event.request,
        event.instrument_id,
        event.side,
        event.quantity,
        event.order_type,
        event.limit_price,
        event.stop_price,
        event.time_in_force,
        event.reserve_price,
        event.ts,
        event.ts,
    )
