"""Decisions of a run, as they were recorded and as a replay makes them."""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from domain.orders.events import (
    Event,
    OrderCanceled,
    OrderCreated,
    OrderDenied,
    OrderPendingCancel,
)
from domain.orders.request import CancelRequest, Wish

DecisionEvent = OrderCreated | OrderDenied | OrderPendingCancel | OrderCanceled

_pack = msgspec.msgpack.encode


class Place(Struct, frozen=True):
    """Where a run stood: the number of the input and the clock of the run after it."""

    seq: int
    ts: int


class Decision(Struct, frozen=True):
    """What was decided at one place: the account's own events, or why the strategy broke.

    `cancels` are the requests that were to be canceled, where the account's log does not tell.
    """

    events: tuple[DecisionEvent, ...] = ()
    failure: str = ""
    cancels: tuple[int, ...] = ()


class Difference(Struct, frozen=True):
    """The first place where the replay decided otherwise; None stands for no decision there."""

    place: Place
    recorded: Decision | None
    replayed: Decision | None


class Hashes:
    """SHA-256 over the decisions of both sides, each as packed as the account's log has it."""

    def __init__(self) -> None:
        self.count = 0
        self._recorded = hashlib.sha256()
        self._replayed = hashlib.sha256()

    def take(self, place: Place, recorded: Decision | None, replayed: Decision | None) -> None:
        """Covers one decision of each side, where it has one."""
        self.count += recorded is not None
        for hasher, decision in ((self._recorded, recorded), (self._replayed, replayed)):
            if decision is not None:
                parts = (decision.events, decision.failure, decision.cancels)
                hasher.update(_pack((place.seq, place.ts, *parts)))

    @property
    def recorded(self) -> str:
        return self._recorded.hexdigest()

    @property
    def replayed(self) -> str:
        return self._replayed.hexdigest()


def decision_of(events: Sequence[Event]) -> Decision:
    """Those of the events that were decided here, not told by a broker."""
    return Decision(tuple(one for one in events if isinstance(one, DecisionEvent)))


def recorded_at(events: Sequence[tuple[str, Event]], at: int) -> Decision:
    """The order created there and, if it is, its denial: they are kept in one transaction."""
    created = events[at][1]
    following = events[at + 1][1] if at + 1 < len(events) else None
    if isinstance(following, OrderDenied) and following.order_id == getattr(created, "order_id", 0):
        return decision_of([created, following])
    return decision_of([created])


def cancels_of(wishes: Iterable[Wish]) -> Decision | None:
    """What was to be canceled; None for nothing."""
    requests = tuple(wish.request for wish in wishes if isinstance(wish, CancelRequest))
    return Decision(cancels=requests) if requests else None
