"""A group as it stands: which orders belong together, and what was asked of them."""

from enum import IntEnum

from msgspec import Struct, field, structs

from domain.orders.order import Leg
from domain.orders.request import (
    GroupPolicy,
    GroupRequest,
    OrderRequest,
    Side,
    TrailingRequest,
)

EXTRA_REQUESTS = 10**12  # requests of orders that no wish named count down from here
EXTRAS = 1_000  # a group's


class GroupKind(IntEnum):
    """What a group is, by the orders it has."""

    OTO = 1  # an entry and one exit
    OCO = 2  # two exits of what is held
    BRACKET = 3  # an entry and two exits


class GroupState(IntEnum):
    """Where a group stands."""

    ACTIVE = 1
    CANCELING = 2  # somebody asked for its end: its orders are canceled
    UNDOING = 3  # an order was refused: the others are canceled, what it holds is closed
    ENDED = 4


class Exit(Struct):
    """One exit, with the orders that were made for it, oldest first; the last one counts."""

    leg: Leg
    wish: OrderRequest | TrailingRequest
    orders: list[int] = field(default_factory=list)
    asked: int = 0
    """The quantity last asked for by a replace."""
    is_renewed: bool = False
    """A replace was refused: once its order has ended, another takes its place."""


class Group(Struct):
    """One group of one account, by the number of its first order.

    `side` is that of what it holds, so its exits are of the other. `quantity` is that of the entry
    or, without one, of what is held already. `entry` is 0 without one.
    """

    number: int
    instrument_id: str
    side: Side
    quantity: int
    policy: GroupPolicy
    create_ts: int
    run_id: str = ""
    decision: str = ""
    entry: int = 0
    exits: list[Exit] = field(default_factory=list)
    corrections: list[int] = field(default_factory=list)
    state: GroupState = GroupState.ACTIVE
    course: GroupState = GroupState.ACTIVE
    """Where it stands, or stood before it ended: late news find it there."""
    reason: str = ""
    cancels: dict[int, int] = field(default_factory=dict)
    """How often the end of an order was asked for."""
    left: int = 0
    """What could not be closed, signed; it is not tried again while it stays the same."""

    @property
    def kind(self) -> GroupKind:
        """By the orders it has."""
        if not self.entry:
            return GroupKind.OCO
        return GroupKind.BRACKET if len(self.exits) > 1 else GroupKind.OTO

    @property
    def orders(self) -> list[int]:
        """Every order that was made for it."""
        made = [self.entry] if self.entry else []
        return made + [one for leg in self.exits for one in leg.orders] + self.corrections

    @property
    def is_active(self) -> bool:
        """Whether anything of it can still trade."""
        return self.state != GroupState.ENDED

    def turn(self, state: GroupState, reason: str) -> None:
        """It stands there from now on."""
        self.state, self.reason = state, reason
        if state != GroupState.ENDED:
            self.course = state

    def unnamed(self, wish: OrderRequest) -> OrderRequest:
        """The wish under a number that the strategy has not used; a client's has none."""
        if not wish.request:
            return wish
        number = EXTRA_REQUESTS + self.number * EXTRAS + len(self.orders)
        return structs.replace(wish, request=-number)


def group_from(ts: int, number: int, wish: GroupRequest, run_id: str, decision: str) -> Group:
    """The group that a wish brings to life, before it has orders."""
    first = wish.entry or wish.exits[0]
    exits = []
    if wish.stop_loss is not None:
        exits.append(Exit(Leg.STOP_LOSS, wish.stop_loss))
    if wish.take_profit is not None:
        exits.append(Exit(Leg.TAKE_PROFIT, wish.take_profit))
    side = first.side if wish.entry is not None else Side(-first.side)
    return Group(
        number,
        first.instrument_id,
        side,
        first.quantity,
        wish.policy,
        ts,
        run_id,
        decision,
        exits=exits,
    )
