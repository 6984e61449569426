"""What a group may want done about its orders; each is an intent like any other."""

from msgspec import Struct

from domain.orders.groups.group import GroupState
from domain.orders.request import Side


class PlaceExit(Struct, frozen=True):
    """Place the exit at this place of the group."""

    place: int
    quantity: int


class ResizeExit(Struct, frozen=True):
    """Replace the quantity of the exit's order; it counts what has traded."""

    place: int
    quantity: int


class CancelOrder(Struct, frozen=True):
    """Ask for the end of an order; that of the exit at `renewed`, if any, is made anew after."""

    number: int
    renewed: int = -1


class CloseRest(Struct, frozen=True):
    """Trade so much at the market, as far as that only reduces the position."""

    side: Side
    quantity: int


class Turn(Struct, frozen=True):
    """The group stands otherwise from now on."""

    state: GroupState
    reason: str


Action = PlaceExit | ResizeExit | CancelOrder | CloseRest | Turn
