"""What a strategy is shown of its orders and fills: frozen, in decimals."""

from datetime import UTC, datetime
from decimal import Decimal

from msgspec import Struct

from domain.instruments import Instrument
from domain.orders.events import OrderFilled
from domain.orders.order import Order
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.state import OrderState
from domain.values import money_to_decimal


class Fill(Struct, frozen=True, gc=False):
    """One execution of one of the account's orders."""

    instrument_id: str
    ts: int
    order_id: int
    request: int
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal

    @property
    def time(self) -> datetime:
        """When it traded, aware, in UTC, to the microsecond."""
        return datetime.fromtimestamp(self.ts / 1e9, UTC)


class OrderView(Struct, frozen=True, gc=False):
    """An order as it stood at one moment.

    `request` is what `buy` or `sell` returned; 0 for a client's order in the same account, negative
    for one that flattened the run.
    """

    instrument_id: str
    ts: int
    order_id: int
    request: int
    state: OrderState
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    filled_quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    reason: str

    @property
    def open_quantity(self) -> Decimal:
        """What is not filled of it."""
        return self.quantity - self.filled_quantity


def view_fill(event: OrderFilled, order: Order, instrument: Instrument) -> Fill:
    """The fill as an author sees it."""
    return Fill(
        order.instrument_id,
        event.ts,
        order.order_id,
        order.request,
        order.side,
        instrument.price_to_decimal(event.price),
        instrument.quantity_to_decimal(event.quantity),
        money_to_decimal(event.fee),
    )


def view_order(order: Order, instrument: Instrument) -> OrderView:
    """The order as an author sees it now."""
    limit, stop = order.limit_price, order.stop_price
    return OrderView(
        order.instrument_id,
        order.update_ts,
        order.order_id,
        order.request,
        order.state,
        order.side,
        order.order_type,
        order.time_in_force,
        instrument.quantity_to_decimal(order.quantity),
        instrument.quantity_to_decimal(order.filled_quantity),
        instrument.price_to_decimal(limit) if limit else None,
        instrument.price_to_decimal(stop) if stop else None,
        order.reason,
    )
