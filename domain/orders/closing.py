"""How a position is closed: by orders that can only reduce it."""

from msgspec import Struct

from domain.errors import NotAllowedNow
from domain.orders.book import AccountBook
from domain.orders.order import Order
from domain.orders.position import Position
from domain.orders.records import OrderRecord
from domain.orders.request import OrderRequest, Side
from domain.orders.state import OrderState


class Closed(Struct, frozen=True):
    """The orders that close, by instrument, and those that were canceled before, newest first."""

    orders: tuple[OrderRecord, ...]
    canceled: tuple[OrderRecord, ...]


def closable(position: Position) -> int:
    """How much of it may be closed, whatever becomes of the orders that can still trade.

    Those against the position may take their whole share of it at any moment, also while their
    cancel is on its way: what they leave is all that may be closed beside them.
    """
    taken = sum(
        open_quantity(order)
        for order in position.working.values()
        if order.side * position.quantity < 0
    )
    return max(0, abs(position.quantity) - taken)


def close_at_market(
    book: AccountBook,
    ts: int,
    position: Position,
    quantity: int,
    decision_key: str,
    *,
    request: int = 0,
    run_id: str = "",
) -> Order:
    """Place a market order for so much of the position, of which no more than `closable`.

    The same decision again gives the order it made, whose name must be loaded. Raises
    `NotAllowedNow` with the gate's reason.
    """
    assert 0 < quantity <= closable(position), "an order that closes only reduces"
    side = Side.SELL if position.quantity > 0 else Side.BUY
    wish = OrderRequest(request, position.instrument.instrument_id, side, quantity)
    order, _ = book.place(ts, wish, decision_key, run_id=run_id)
    if order.state == OrderState.DENIED:
        raise NotAllowedNow(
            f"the order that would close {order.instrument_id} was denied: {order.reason}",
            reason=order.reason,
            instrument_id=order.instrument_id,
        )
    return order


def open_quantity(order: Order) -> int:
    """What it may still trade, under the larger of the terms it has or is asked to have."""
    wanted = order.quantity
    if order.replacement is not None:
        wanted = max(wanted, order.replacement.quantity)
    return max(0, wanted - order.filled_quantity)
