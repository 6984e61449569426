"""What happened to an account: the facts that rebuild it, and what a result hash covers.

Each event is a small tagged array when packed, `ts` (nanoseconds UTC) first. The tags are part
of every stored log and are never given to another event.
"""

from typing import Union

import msgspec
from msgspec import Struct

from domain.errors import invalid
from domain.orders.request import OrderType, Side, TimeInForce


class CapitalDeposited(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=1):
    """Money was put into the account."""

    ts: int
    amount: int


class OrderCreated(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=2):
    """An order was taken down with its whole terms; nothing has been sent yet.

    Its open part reserves `reserve_price` × quantity of buying power.
    """

    ts: int
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


class OrderDenied(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=3):
    """We refused it: `reason` is one of the gate's codes."""

    ts: int
    order_id: int
    reason: str


class OrderSubmitted(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=4):
    """Kept before a byte leaves for the broker."""

    ts: int
    order_id: int


class OrderInDoubt(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=5):
    """The broker was silent: nobody knows whether it has the order."""

    ts: int
    order_id: int


class OrderAccepted(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=6):
    """The broker has the order and it works; also when it refused a cancel or replace."""

    ts: int
    order_id: int


class OrderRejected(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=7):
    """The broker refused it."""

    ts: int
    order_id: int
    reason: str


class OrderPendingCancel(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=8):
    """A cancel is on its way."""

    ts: int
    order_id: int


class OrderPendingReplace(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=9):
    """New terms are on their way; until the answer the dearer of both sets is reserved."""

    ts: int
    order_id: int
    quantity: int
    limit_price: int
    stop_price: int
    reserve_price: int


class OrderReplaced(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=10):
    """The broker works the order under these terms; `quantity` counts what is filled already."""

    ts: int
    order_id: int
    quantity: int
    limit_price: int
    stop_price: int


class OrderCanceled(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=11):
    """The open part will not trade any more, because somebody asked, or IOC or FOK said so."""

    ts: int
    order_id: int


class OrderExpired(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=12):
    """The time in force ran out."""

    ts: int
    order_id: int


class OrderPresumedAbsent(
    Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=13
):
    """Concluded, not proven, that the broker never had it; a later fill revives it."""

    ts: int
    order_id: int


class OrderQuarantined(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=14):
    """The evidence contradicts itself; somebody has to look."""

    ts: int
    order_id: int
    reason: str


class OrderFilled(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=15):
    """One execution: scaled price and quantity, fee in money."""

    ts: int
    order_id: int
    price: int
    quantity: int
    fee: int = 0


class LedgerPosted(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=16):
    """The one compound entry of a fill: cash + basis + fee = realised, a gain being positive.

    Also of what sets the books right; `order_id` is 0 where that is no order's.
    """

    ts: int
    order_id: int
    cash: int
    basis: int
    fee: int
    realised: int


class SpecialOrderCreated(
    OrderCreated, frozen=True, gc=False, array_like=True, tag_field="event", tag=19
):
    """An order of a group, or one that trails the market, was taken down; 0 stands for neither.

    `leg` is its part in the group. `stop_price` is the first stop of one that trails.
    """

    group: int = 0
    leg: int = 0
    trail_amount: int = 0
    trail_percent: int = 0


class BooksAdjusted(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=17):
    """A person set the books right: what no execution explains came in, or went.

    `quantity` is signed and taken in or out at `price`; `cash` is its change. What both do not
    balance is profit or loss.
    """

    ts: int
    instrument_id: str
    quantity: int
    price: int
    cash: int


class FillReversed(Struct, frozen=True, gc=False, array_like=True, tag_field="event", tag=18):
    """A fill that never was is taken back, as it was booked."""

    ts: int
    order_id: int
    instrument_id: str
    side: Side
    price: int
    quantity: int
    fee: int


OrderEvent = Union[  # noqa: UP007 - one name a line reads better
    OrderCreated,
    SpecialOrderCreated,
    OrderDenied,
    OrderSubmitted,
    OrderInDoubt,
    OrderAccepted,
    OrderRejected,
    OrderPendingCancel,
    OrderPendingReplace,
    OrderReplaced,
    OrderCanceled,
    OrderExpired,
    OrderPresumedAbsent,
    OrderQuarantined,
    OrderFilled,
    FillReversed,
]
Event = Union[CapitalDeposited, OrderEvent, LedgerPosted, BooksAdjusted]  # noqa: UP007

_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[Event] = msgspec.msgpack.Decoder(Event)
_LOG_DECODER: msgspec.msgpack.Decoder[list[Event]] = msgspec.msgpack.Decoder(list[Event])


def event_to_bytes(event: Event) -> bytes:
    """The event, packed: the same event gives the same bytes on every machine."""
    return _ENCODER.encode(event)


def event_from_bytes(data: bytes) -> Event:
    """The event packed in `data`. Raises InvalidRequest (`BAD_EVENT`)."""
    try:
        return _DECODER.decode(data)
    except msgspec.MsgspecError as error:
        raise invalid("event", f"cannot be read: {error}", reason="BAD_EVENT") from error


def events_to_bytes(events: list[Event]) -> bytes:
    """Events one after the other, so that the whole does not depend on how it was cut."""
    header = 1 if len(events) < 16 else 3 if len(events) < 65_536 else 5  # the array's own length
    return _ENCODER.encode(events)[header:]


def events_from_bytes(data: bytes, count: int) -> list[Event]:
    """The `count` events that `events_to_bytes` packed. Raises InvalidRequest (`BAD_EVENT`)."""
    try:
        return _LOG_DECODER.decode(b"\xdd" + count.to_bytes(4, "big") + data)
    except msgspec.MsgspecError as error:
        raise invalid("event", f"cannot be read: {error}", reason="BAD_EVENT") from error
