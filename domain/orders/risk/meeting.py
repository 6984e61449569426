"""Rules about when, and against whom, an order would trade."""

from datetime import UTC, datetime, timedelta

from domain.instruments import NANOSECONDS, Instrument, zone
from domain.orders.order import Order
from domain.orders.position import Position
from domain.orders.request import OrderType, Side

_SATURDAY = 5
_RESTING = (OrderType.MARKET, OrderType.LIMIT)


def is_open(instrument: Instrument, ts: int) -> bool:
    """Whether a regular session is on, by the instrument's hours; without its venue's holidays."""
    opens, closes = instrument.session_open, instrument.session_close
    if opens == closes:
        return True
    here = datetime.fromtimestamp(ts // NANOSECONDS, UTC).astimezone(zone(instrument.timezone))
    if opens > closes:  # overnight: it belongs to the day on which it closes
        day = here.date() if here.time() < closes else here.date() + timedelta(days=1)
        return (here.time() < closes or here.time() >= opens) and day.weekday() < _SATURDAY
    return opens <= here.time() < closes and here.weekday() < _SATURDAY


def crosses_own(position: Position, side: Side, limit: int, *, but: int = 0) -> bool:
    """Whether an order at that limit, 0 for the market, would meet one of our own.

    A replacement on its way counts with both its prices. Orders that wait for a stop are in no
    book yet and meet nobody.
    """
    return any(
        not limit or not price or (limit - price) * side >= 0
        for order in position.working.values()
        if order.side != side and order.order_id != but and order.order_type in _RESTING
        for price in _prices(order)
    )


def _prices(order: Order) -> tuple[int, ...]:
    if order.replacement is None:
        return (order.limit_price,)
    return order.limit_price, order.replacement.limit_price
