"""An order as it stands now."""

from enum import IntEnum

from msgspec import Struct
from msgspec.structs import asdict

from domain.orders.events import OrderCreated, SpecialOrderCreated
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.state import WORKING, OrderState

PERCENT_DECIMALS = 4  # of a percentage, scaled
_WHOLE = 100 * 10**PERCENT_DECIMALS


class Leg(IntEnum):
    """The part an order has in its group."""

    NONE = 0
    ENTRY = 1
    TAKE_PROFIT = 2
    STOP_LOSS = 3
    CORRECTION = 4  # closes what the others left too much of


class Trail(Struct, frozen=True, gc=False):
    """How far a stop trails the market: a scaled price, or 10,000ths of a percent."""

    amount: int
    percent: int

    def stop(self, side: int, price: int) -> int:
        """The stop that belongs to the best price so far, scaled; never below 1."""
        distance = self.amount or -(-price * self.percent // _WHOLE)
        return max(1, price + side * distance)


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
    group: int = 0
    leg: Leg = Leg.NONE
    link: int = 0
    """The group of an exit: the exits of one group share what they may trade."""
    trail: Trail | None = None
    high_water: int = 0
    """The best price seen by the stop that we move for a broker which does not."""

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
    order = Order(
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
    if event.__class__ is not OrderCreated and isinstance(event, SpecialOrderCreated):
        leg = Leg(event.leg)
        order.group, order.leg, order.link = event.group, leg, link_of(event.group, leg)
        if event.trail_amount or event.trail_percent:
            order.trail = Trail(event.trail_amount, event.trail_percent)
    return order


def special(
    event: OrderCreated, group: int, leg: Leg, trail_amount: int, trail_percent: int
) -> SpecialOrderCreated:
    """The event of an order with more to it than terms."""
    return SpecialOrderCreated(
        **asdict(event),
        group=group,
        leg=int(leg),
        trail_amount=trail_amount,
        trail_percent=trail_percent,
    )


def link_of(group: int, leg: Leg) -> int:
    """The group, for an exit; else 0."""
    return group if leg in (Leg.TAKE_PROFIT, Leg.STOP_LOSS) else 0
