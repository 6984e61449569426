"""What a group wants done next, from nothing but where its orders stand.

It looks at quantities, never at what happened last: so it may be asked at any time, after any
event, crash or repetition, and asks for nothing twice. What it holds is what its entry bought less
what its exits sold; its exits work for that, no more and no less.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from domain.orders.groups.actions import (
    Action,
    CancelOrder,
    CloseRest,
    PlaceExit,
    ResizeExit,
    Turn,
)
from domain.orders.groups.group import Exit, Group, GroupState
from domain.orders.order import Leg, Order
from domain.orders.request import GroupPolicy, Side
from domain.orders.state import OrderState

RESIDUAL = "RESIDUAL"
MOST_CANCELS = 10  # of one order, when the broker refuses them
MOST_REFUSALS = 3  # of orders that correct

_REFUSED = (OrderState.DENIED, OrderState.REJECTED)
_AT_THE_BROKER = (OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED)
_CANCELABLE = (
    OrderState.CREATED,
    OrderState.SUBMITTED,
    OrderState.IN_DOUBT,
    OrderState.PENDING_REPLACE,
    *_AT_THE_BROKER,
)


class Tally(Struct, frozen=True):
    """The quantities of a group. `coming` is what its corrections may still trade, signed."""

    entry: Order | None
    exits: tuple[Order | None, ...]
    held: int
    coming: int
    is_exiting: bool
    """An exit has traded."""
    is_over: bool
    """An exit has traded all that it had to."""
    buys: bool
    """The entry has something left to trade."""
    is_working: bool
    """The entry or an exit can still trade."""
    corrections: tuple[Order, ...]
    refusals: int
    """How many corrections were refused."""


def follow(group: Group, orders: Mapping[int, Order]) -> list[Action]:
    """The next actions, in the order in which they are to be done; none when all is as it should.

    After they were done it has to be asked again, until it wants nothing.
    """
    now = tally(group, orders)
    if turn := _turned(group, now):
        return [turn]
    course = _keep_up if group.course == GroupState.ACTIVE else _wind_up
    wanted = [*course(group, now), *_close(group, now)]
    goes_on = bool(wanted or now.is_working or now.coming)
    if goes_on == group.is_active:
        return wanted
    if goes_on:  # news of an order that had ended
        return [Turn(group.course, group.reason)]
    return [Turn(GroupState.ENDED, group.reason or _why(now))]


def tally(group: Group, orders: Mapping[int, Order]) -> Tally:
    """The quantities of a group as they stand."""
    entry = orders[group.entry] if group.entry else None
    made = [orders[number] for leg in group.exits for number in leg.orders]
    corrections = [orders[number] for number in group.corrections]
    held = group.quantity if entry is None else entry.filled_quantity
    held -= sum(order.filled_quantity for order in made)
    held += sum(order.side * order.filled_quantity for order in corrections) * group.side
    coming = sum(order.side * order.open_quantity for order in corrections if order.is_working)
    return Tally(
        entry,
        tuple(orders[leg.orders[-1]] if leg.orders else None for leg in group.exits),
        held,
        coming * group.side,
        any(order.filled_quantity for order in made),
        any(order.state == OrderState.FILLED for order in made),
        entry is not None and entry.is_working and entry.open_quantity > 0,
        any(order.is_working for order in made) or (entry is not None and entry.is_working),
        tuple(corrections),
        sum(order.state in _REFUSED for order in corrections),
    )


def _turned(group: Group, now: Tally) -> Turn | None:
    """An order that was refused undoes the group, unless the group does without it."""
    if group.course != GroupState.ACTIVE:
        return None
    for leg, order in zip(group.exits, now.exits, strict=True):
        if order is None or order.state not in _REFUSED:
            continue
        if leg.leg == Leg.STOP_LOSS or group.policy == GroupPolicy.ALL_OR_CANCEL:
            return Turn(GroupState.UNDOING, order.reason)
    return None


def _keep_up(group: Group, now: Tally) -> Iterator[Action]:
    """Let the exits work for what is held; nothing more is bought once it goes out again."""
    entry = now.entry
    if entry is not None and (now.is_exiting or _is_unprotected(group, now)):
        yield from _cancel(group, entry)
    wanted = 0 if now.is_over else max(0, now.held)
    for place, (leg, order) in enumerate(zip(group.exits, now.exits, strict=True)):
        if order is not None and order.is_working:
            yield from _fit(group, place, leg, order, wanted)
        elif wanted and (order is None or leg.is_renewed):
            yield PlaceExit(place, wanted)


def _fit(group: Group, place: int, leg: Exit, order: Order, wanted: int) -> Iterator[Action]:
    """Bring an exit to the quantity wanted beside what it has traded."""
    quantity = order.filled_quantity + wanted
    if not wanted:
        yield from _cancel(group, order)
    elif order.quantity != quantity and order.state in _AT_THE_BROKER:
        if leg.asked != quantity:
            yield ResizeExit(place, quantity)
        else:  # that was refused
            yield from _cancel(group, order, renewed=place)


def _wind_up(group: Group, now: Tally) -> Iterator[Action]:
    """End whatever can still trade."""
    for order in (now.entry, *now.exits):
        if order is not None:
            yield from _cancel(group, order)


def _cancel(group: Group, order: Order, renewed: int = -1) -> Iterator[Action]:
    tries = group.cancels.get(order.order_id, 0)
    is_asked = order.state == OrderState.IN_DOUBT and tries
    if order.state in _CANCELABLE and tries < MOST_CANCELS and not is_asked:
        yield CancelOrder(order.order_id, renewed)


def _close(group: Group, now: Tally) -> Iterator[Action]:
    """Close what was sold too much, and what is left of a group that goes out."""
    rest = now.held + now.coming
    if rest == 0 or rest == group.left or now.refusals >= MOST_REFUSALS:
        return
    if rest * now.coming > 0:  # what corrects is too much itself by now
        for order in now.corrections:
            yield from _cancel(group, order)
        return
    if rest < 0:
        if not now.buys:  # what it still buys comes off that
            yield CloseRest(group.side, -rest)
        return
    is_undone = group.course == GroupState.UNDOING and now.entry is not None
    if (is_undone or now.is_over) and not now.is_working:
        yield CloseRest(Side(-group.side), rest)


def _is_unprotected(group: Group, now: Tally) -> bool:
    """Its stop loss has ended, and no other takes its place."""
    return any(
        leg.leg == Leg.STOP_LOSS
        and order is not None
        and not order.is_working
        and not leg.is_renewed
        for leg, order in zip(group.exits, now.exits, strict=True)
    )


def _why(now: Tally) -> str:
    if now.refusals >= MOST_REFUSALS:
        return now.corrections[-1].reason
    if now.entry is not None and now.entry.state in _REFUSED:
        return now.entry.reason
    return ""
