"""At which price a resting order trades on a bar, if it does.

An order trades at its own price or, when the market jumps over it, at the open: never at a price
the bar did not see. What a bar cannot prove does not happen.

A stop that trails follows the open first, which comes before everything else of a bar. The bar's
best price moves it only for what is known to come later: the bars behind, and the close, which
fills it when it lies beyond the stop that the best price made.
"""

from msgspec import Struct

from domain.market_data.bar import Bar
from domain.orders.order import Trail
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.trailing import best_of

_MARKET, _LIMIT, _STOP = OrderType.MARKET, OrderType.LIMIT, OrderType.STOP
_TRAILING = OrderType.TRAILING_STOP


class Resting(Struct, gc=False):
    """An order at the exchange, in scaled integers; a paper broker keeps it as it is.

    `ts` is when it came: only bars that open then or later can fill it. `expire_ts` is the end
    of the session in which it first could trade, 0 while it has seen no bar. Of orders with the
    same `link` only one trades on a bar, the stop before the others.
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
    link: int = 0
    trail: Trail | None = None


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
    if kind == _TRAILING:
        return _trailing(order, bar, factor)
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


def _trailing(order: Resting, bar: Bar, factor: int) -> float | None:
    """Let the stop follow the open, meet it, and let it follow the best price of the bar."""
    _follow(order, bar.open, factor)
    touched = _stop(order, bar, order.stop_price / factor)
    if touched is not None:
        return touched
    _follow(order, bar.low if order.side > 0 else bar.high, factor)
    stop = order.stop_price / factor
    return stop if (stop - bar.close) * order.side <= 0 else None


def _follow(order: Resting, price: float, factor: int) -> None:
    """Move the stop closer if that price is better than all before."""
    if order.trail is not None:
        stop = order.trail.stop(order.side, round(price * factor))
        order.stop_price = best_of(order.side, (order.stop_price, stop))
