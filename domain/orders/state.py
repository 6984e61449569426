"""The life of an order, as one row per event.

Read a row as: an order in the state above the column goes to the state in it; X is illegal and
leaves the order as it was. Fills that complete an order are handled by the account: where the
row says PART or keeps a pending state, a complete order is FILLED.
"""

from enum import IntEnum

from domain.errors import NotAllowedNow


class OrderState(IntEnum):
    """Where an order stands. Order of the members is that of the columns below."""

    CREATED = 0
    DENIED = 1
    SUBMITTED = 2
    IN_DOUBT = 3
    ACCEPTED = 4
    PARTIALLY_FILLED = 5
    PENDING_CANCEL = 6
    PENDING_REPLACE = 7
    FILLED = 8
    CANCELED = 9
    EXPIRED = 10
    REJECTED = 11
    PRESUMED_ABSENT = 12
    QUARANTINED = 13


class IllegalTransition(NotAllowedNow):
    """The order is in a state that this event cannot follow."""

    default_reason = "ILLEGAL_ORDER_TRANSITION"


def illegal(order_id: int, state: OrderState, event: str) -> IllegalTransition:
    """The refusal of `event` for an order in `state`."""
    return IllegalTransition(
        f"order {order_id} is {state.name}: {event} cannot follow",
        order=str(order_id),
        state=state.name,
        event=event,
    )


Row = tuple[OrderState | None, ...]

X = None
DENI = OrderState.DENIED
SUBM = OrderState.SUBMITTED
DOUB = OrderState.IN_DOUBT
ACCE = OrderState.ACCEPTED
PART = OrderState.PARTIALLY_FILLED
PCAN = OrderState.PENDING_CANCEL
PREP = OrderState.PENDING_REPLACE
CANC = OrderState.CANCELED
EXPI = OrderState.EXPIRED
REJE = OrderState.REJECTED
ABSE = OrderState.PRESUMED_ABSENT
QUAR = OrderState.QUARANTINED

# fmt: off
#                     CREA DENI SUBM DOUB ACCE PART PCAN PREP FILL CANC EXPI REJE ABSE QUAR
ON_DENIED          = (DENI,X,   X,   X,   X,   X,   X,   X,   X,   X,   X,   X,   X,   X)
# A second attempt, once the absence of the first is proven.
ON_SUBMITTED       = (SUBM,X,   X,   SUBM,X,   X,   X,   X,   X,   X,   X,   X,   X,   X)
ON_IN_DOUBT        = (X,   X,   DOUB,X,   X,   X,   DOUB,DOUB,X,   X,   X,   X,   X,   X)
# Also the answer when a cancel or a replace was refused.
ON_ACCEPTED        = (X,   X,   ACCE,ACCE,X,   PART,ACCE,ACCE,X,   X,   X,   X,   ACCE,X)
ON_REJECTED        = (X,   X,   REJE,REJE,REJE,X,   REJE,REJE,X,   X,   X,   X,   REJE,X)
ON_PENDING_CANCEL  = (X,   X,   PCAN,X,   PCAN,PCAN,X,   PCAN,X,   X,   X,   X,   X,   X)
ON_PENDING_REPLACE = (X,   X,   X,   X,   PREP,PREP,X,   X,   X,   X,   X,   X,   X,   X)
ON_REPLACED        = (X,   X,   X,   X,   ACCE,PART,PCAN,ACCE,X,   X,   X,   X,   X,   X)
ON_CANCELED        = (CANC,X,   CANC,CANC,CANC,CANC,CANC,CANC,X,   X,   X,   X,   CANC,CANC)
ON_EXPIRED         = (X,   X,   EXPI,EXPI,EXPI,EXPI,EXPI,EXPI,X,   X,   X,   X,   EXPI,X)
ON_PRESUMED_ABSENT = (X,   X,   X,   ABSE,X,   X,   X,   X,   X,   X,   X,   X,   X,   X)
ON_QUARANTINED     = (X,   X,   QUAR,QUAR,QUAR,QUAR,QUAR,QUAR,QUAR,QUAR,QUAR,QUAR,QUAR,X)
# Late fills are kept.
ON_FILLED          = (X,   X,   PART,PART,PART,PART,PCAN,PREP,QUAR,CANC,EXPI,QUAR,PART,QUAR)
# fmt: on

# Orders in these states hold a reservation and can still trade.
WORKING = frozenset(
    {
        OrderState.CREATED,
        OrderState.SUBMITTED,
        OrderState.IN_DOUBT,
        OrderState.ACCEPTED,
        OrderState.PARTIALLY_FILLED,
        OrderState.PENDING_CANCEL,
        OrderState.PENDING_REPLACE,
        OrderState.QUARANTINED,
    }
)
ENDED = frozenset(OrderState) - WORKING
