"""At which price a resting order trades on a bar, if it does.

An order trades at its own price or, when the market jumps over it, at the open: never at a price
the bar did not see. What a bar cannot prove does not happen.
"""

from msgspec import Struct

from domain.market_data.bar import Bar
from domain.orders.request import OrderType, Side, TimeInForce

_MARKET, _LIMIT, _STOP = OrderType.MARKET, OrderType.LIMIT, OrderType.STOP


class Resting(Struct, gc=False):
    """An order at the exchange, in scaled integers; a paper broker keeps it as it is.

    `ts` is when it came: only bars that open then or later can fill it. `expire_ts` is the end
    of the session in which it first could trade, 0 while it has seen no bar.
    """

    order_id: int
    instrument_id: str
    side: Side
    quantity: int
    filled_quantity: int
    order_type: OrderType
    limit_price: int
    stop_price: int
    time_in_force: TimeInForce
    ts: int
    expire_ts: int = 0
    is_triggered: bool = False


def price_on(order: Resting, bar: Bar, factor: int) -> float | None:
    """The price at which `order` trades on `bar`, or None. May trigger a stop-limit order."""
    kind = order.order_type
    if kind == _MARKET:
        return bar.open
    if kind == _LIMIT or order.is_triggered:
        return _limit(order, bar, order.limit_price / factor)
    stop = order.stop_price / factor
    if kind == _STOP:
        return _stop(order, bar, stop)
    return _stop_limit(order, bar, stop, order.limit_price / factor)


def _limit(order: Resting, bar: Bar, limit: float) -> float | None:
    if order.side > 0:
        return min(bar.open, limit) if bar.low <= limit else None
    return max(bar.open, limit) if bar.high >= limit else None


def _stop(order: Resting, bar: Bar, stop: float) -> float | None:
    if order.side > 0:
        return max(bar.open, stop) if bar.high >= stop else None
    return min(bar.open, stop) if bar.low <= stop else None


def _stop_limit(order: Resting, bar: Bar, stop: float, limit: float) -> float | None:
    """Trigger it if the stop was touched, and trade within what the bar proves came after.

    Triggered at the open, the whole bar comes after. Triggered inside, only the stop price itself
    and the close are known to come after: it trades at the stop if the limit allows that, at its
    limit if the close went beyond it, and rests otherwise.
    """
    touched = _stop(order, bar, stop)
    if touched is None:
        return None
    order.is_triggered = True
    if touched == bar.open:
        return _limit(order, bar, limit)
    if order.side > 0:
        return stop if stop <= limit else limit if bar.close <= limit else None
    return stop if stop >= limit else limit if bar.close >= limit else None
