"""Moves stops that trail the market, for a broker that does not do it by itself."""

import structlog
from msgspec import structs

from domain.errors import DomainError
from domain.market_data.bar import Bar
from domain.orders.book import AccountBook
from domain.orders.order import Order
from domain.orders.request import OrderType
from domain.orders.state import OrderState
from domain.orders.trailing import best_of, moved_stop, on_tick
from ports.broker import BrokerOrder, Capabilities

_AT_THE_BROKER = (OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED)

_log = structlog.get_logger(__name__)


def trail_stops(book: AccountBook, bar: Bar) -> None:
    """Asks for a closer stop wherever the market has been better than ever before.

    The best price seen is kept with the order, so a restart goes on from it; a stop that the
    broker would not move is asked for again with the next bar.
    """
    position = book.account.positions.get(bar.instrument_id)
    if position is None:
        return
    factor = position.price_factor
    prices = tuple(round(price * factor) for price in (bar.open, bar.high, bar.low, bar.close))
    for order in list(position.working.values()):
        if order.trail is not None and order.create_ts <= bar.open_ts:
            known = (order.high_water,) if order.high_water else ()
            book.saw(order, best_of(order.side, (*prices, *known)))
            _move(book, order)


def as_sent(order: BrokerOrder, broker: Capabilities) -> BrokerOrder:
    """The order as this broker understands it: a plain stop where it knows no other."""
    if order.trail is None or broker.trailing_stops:
        return order
    stop = on_tick(order.side, order.stop_price, order.instrument)
    return structs.replace(order, order_type=OrderType.STOP, stop_price=stop, trail=None)


def _move(book: AccountBook, order: Order) -> None:
    instrument = book.account.position(order.instrument_id).instrument
    stop = moved_stop(order, order.high_water, instrument)
    if order.state not in _AT_THE_BROKER or stop == order.stop_price:
        return
    try:
        book.account.replace(book.now, order.order_id, order.quantity, order.limit_price, stop)
    except DomainError as refusal:
        _log.warning("stop_not_moved", order_id=book.tag(order.order_id).order_id, why=str(refusal))
