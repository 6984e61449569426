"""Stops that follow the market: where they start, and where they are moved to."""

from domain.instruments import Instrument
from domain.orders.order import Order, Trail
from domain.orders.request import OrderRequest, OrderType, Side, trail_of
from domain.values import to_scaled


def first_stop(wish: OrderRequest, reference_price: int) -> int:
    """The stop of a new order: its own, or, of one that trails, at its distance from the price.

    0 for one that trails while no price is known.
    """
    if wish.order_type is not OrderType.TRAILING_STOP:
        return wish.stop_price
    return Trail(*trail_of(wish)).stop(wish.side, reference_price) if reference_price else 0


def best_of(side: Side, prices: tuple[int, ...]) -> int:
    """The price that brings a stop of that side closest: the highest for one that sells."""
    return max(prices) if side < 0 else min(prices)


def moved_stop(order: Order, best: int, instrument: Instrument) -> int:
    """Where the stop of an order that trails belongs after the market saw the price `best`.

    On the tick, rounded away from the market, and never further away than it is.
    """
    if order.trail is None:
        return order.stop_price
    stop = on_tick(order.side, order.trail.stop(order.side, best), instrument)
    return best_of(order.side, (order.stop_price, stop))


def on_tick(side: Side, stop: int, instrument: Instrument) -> int:
    """A stop on the tick, rounded away from the market, and never below one tick."""
    tick = to_scaled(instrument.tick_size, instrument.price_decimals, "tick_size")
    return max(tick, stop // tick * tick if side < 0 else -(-stop // tick) * tick)
