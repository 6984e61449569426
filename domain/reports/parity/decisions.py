"""Decisions out of an account's log."""

from collections.abc import Iterable

from msgspec.structs import replace

from domain.orders.events import (
    Event,
    FillReversed,
    OrderCreated,
    OrderDenied,
    OrderFilled,
    OrderRejected,
)
from domain.reports.parity.records import Decided, Traded


class Decisions:
    """Reads one run's events of an account's log, in their order."""

    def __init__(self) -> None:
        self._made: dict[int, Decided] = {}
        self._fills: dict[int, list[Traded]] = {}

    def __len__(self) -> int:
        return len(self._made)

    def read(self, events: Iterable[Event]) -> None:
        """Takes events in; those about other orders are passed by."""
        for event in events:
            if isinstance(event, OrderCreated):
                self._made[event.order_id] = _decided(event)
                self._fills[event.order_id] = []
            elif isinstance(event, OrderDenied | OrderRejected) and event.order_id in self._made:
                decided = self._made[event.order_id]
                self._made[event.order_id] = replace(decided, reason=event.reason)
            elif isinstance(event, OrderFilled) and event.order_id in self._fills:
                self._fills[event.order_id].append(_traded(event))
            elif isinstance(event, FillReversed) and event.order_id in self._fills:
                self._take_back(event)

    def all(self) -> tuple[Decided, ...]:
        """Each with its fills, by the number of its order."""
        return tuple(
            replace(decided, fills=tuple(self._fills[number]))
            for number, decided in sorted(self._made.items())
        )

    def _take_back(self, event: FillReversed) -> None:
        fills = self._fills[event.order_id]
        for place, fill in enumerate(fills):
            if (fill.price, fill.quantity) == (event.price, event.quantity):
                del fills[place]
                return


def _decided(event: OrderCreated) -> Decided:
    return Decided(
        event.request,
        event.ts,
        event.side,
        event.quantity,
        event.order_type,
        event.limit_price,
        event.stop_price,
        event.time_in_force,
    )


def _traded(event: OrderFilled) -> Traded:
    return Traded(event.ts, event.price, event.quantity, event.fee)
