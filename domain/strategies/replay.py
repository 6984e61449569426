"""The replay shell's core: decides again what a run's account decided, wish by wish.

What is replayed: the strategy's wishes, given from outside, and the gate's answer to each, worked
out by a fresh account that has heard the recorded log up to that place. What is taken as given:
everything that came from elsewhere, that is the broker's news, clients' orders, the exits that a
group places once its entry trades, and refusals for what the log of an account does not hold (a
kill switch, a limit of the whole tenant).
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from msgspec import structs

from domain.errors import DomainError
from domain.instruments import Instrument
from domain.orders.account import Account
from domain.orders.events import (
    Event,
    OrderCanceled,
    OrderCreated,
    OrderDenied,
    OrderPendingCancel,
    SpecialOrderCreated,
)
from domain.orders.halts import RUN_PAUSED
from domain.orders.order import Leg
from domain.orders.request import CancelRequest, GroupRequest, OrderRequest, Wish
from domain.orders.risk.account_limits import (
    INSUFFICIENT_BUYING_POWER,
    MAX_ORDER_NOTIONAL,
    MAX_ORDER_QUANTITY,
    MAX_POSITION,
    NO_REFERENCE_PRICE,
    ORDER_RATE_EXCEEDED,
    SHORT_SELLING_NOT_ALLOWED,
    RiskLimits,
)
from domain.orders.state import ENDED, OrderState
from domain.strategies.decisions import (
    Decision,
    Difference,
    Hashes,
    Place,
    cancels_of,
    decision_of,
    recorded_at,
)

Single: TypeAlias = OrderRequest | CancelRequest  # TrailingRequest is one of the former

# What an account's own bounds refuse for; limits by scope, which its log does not hold, may give
# some of these reasons too.
_BY_BOUNDS = frozenset(
    {
        MAX_ORDER_QUANTITY,
        MAX_ORDER_NOTIONAL,
        MAX_POSITION,
        ORDER_RATE_EXCEEDED,
        NO_REFERENCE_PRICE,
        SHORT_SELLING_NOT_ALLOWED,
        INSUFFICIENT_BUYING_POWER,
        RUN_PAUSED,
    }
)
_BY_BOUNDS_ONLY = frozenset({INSUFFICIENT_BUYING_POWER, RUN_PAUSED})
# Nothing is asked of the broker about an order in one of these, so a cancel leaves no trace.
_NOT_CANCELED = ENDED | {OrderState.PENDING_CANCEL, OrderState.QUARANTINED}


class Pending:
    """Wishes that answered one input; what became of them comes with the next news.

    Of a group its entry is placed at once, or its exits where it has none.
    """

    def __init__(self, place: Place, wishes: Iterable[Wish], *, may_only_reduce: bool) -> None:
        self.place = place
        self.may_only_reduce = may_only_reduce
        self.wishes: deque[Single] = deque()
        self.grouped: set[int] = set()
        for wish in wishes:
            if isinstance(wish, GroupRequest):
                first = wish.exits if wish.entry is None else (wish.entry,)
                self.wishes += first
                self.grouped |= {one.request for one in first}
            else:
                self.wishes.append(wish)


class Redeciding:
    """A fresh account beside the recorded log of one. Raises what `Account.apply` raises."""

    def __init__(
        self, run_id: str, instruments: Mapping[str, Instrument], limits: RiskLimits
    ) -> None:
        self._heard: list[Event] = []
        self._run_id = run_id
        self._instruments = instruments
        self._limits = limits
        self._requests: dict[int, int] = {}  # the run's orders by request
        self.hashes = Hashes()
        self.account = Account(instruments, limits, self._heard.append)

    def begin(self, ts: int) -> None:
        """The run starts at `ts`: its replay may set the clock back, and prices are of that time.

        Orders of a time to come do not count for the rate.
        """
        kept = self.account.state()
        kept = structs.replace(kept, recent=tuple(one for one in kept.recent if one <= ts))
        self.account = Account(self._instruments, self._limits, self._heard.append)
        self.account.restore(kept)

    def apply(self, events: Iterable[tuple[str, Event]]) -> None:
        """Takes recorded events in, each with its run, without deciding anything."""
        for _, event in events:
            self.account.apply(event)
        self._heard.clear()

    def mark(self, instrument_id: str, price: float) -> None:
        """The market showed a price."""
        self.account.mark(instrument_id, price)

    def follow(
        self, pending: Pending, events: Sequence[tuple[str, Event]], *, is_whole: bool = True
    ) -> Difference | None:
        """Goes along the log that followed the wishes, and decides each of them where it did.

        Returns the first difference, behind which nothing may be asked of this any more. Where
        the log `is_whole` every wish must have left its trace in it.
        """
        at = 0
        while at < len(events):
            run_id, event = events[at]
            if run_id == self._run_id and _is_wished(pending, event):
                recorded = recorded_at(events, at)
                if (found := self._placed(pending, recorded)) is not None:
                    return found
                at += len(recorded.events)
            elif run_id == self._run_id and self._is_wished_cancel(pending, event):
                if (found := self._canceled(pending, event)) is not None:
                    return found
                at += 1
            else:
                self.account.apply(event)
                at += 1
            self._heard.clear()
        return self._left_over(pending) if is_whole else None

    def wished(
        self, place: Place, recorded: Iterable[Wish], replayed: Iterable[Wish]
    ) -> Difference | None:
        """The cancels among the wishes that are kept of the run, beside those of the replay.

        The log of an account does not say who asked for a cancel, nor that one came too late.
        """
        one, other = cancels_of(recorded), cancels_of(replayed)
        return self._compared(place, one, other) if one or other else None

    def failed(self, place: Place, recorded: str, replayed: str) -> Difference | None:
        """How the strategy ended by itself on each side; empty where it did not."""
        if not recorded and not replayed:
            return None
        one = Decision(failure=recorded) if recorded else None
        other = Decision(failure=replayed) if replayed else None
        return self._compared(place, one, other)

    def _placed(self, pending: Pending, recorded: Decision) -> Difference | None:
        """The recorded order beside the wish whose turn it is."""
        self._skip_idle_cancels(pending, in_doubt_too=True)
        replayed = self._next(pending, recorded) if pending.wishes else None
        return self._compared(pending.place, recorded, replayed)

    def _next(self, pending: Pending, recorded: Decision | None = None) -> Decision:
        """Decides the next wish."""
        wish = pending.wishes.popleft()
        self._heard.clear()
        try:
            if isinstance(wish, CancelRequest):
                self.account.cancel(pending.place.ts, self._requests[wish.request])
            else:
                self._place(pending, wish, recorded)
        except DomainError as error:
            return Decision(failure=error.reason)
        return decision_of(self._heard)

    def _place(self, pending: Pending, wish: OrderRequest, recorded: Decision | None) -> None:
        halted = RUN_PAUSED if pending.may_only_reduce else ""
        group, leg = _group(recorded) if wish.request in pending.grouped else (0, Leg.NONE)
        order = self.account.place(pending.place.ts, wish, halted=halted, group=group, leg=leg)
        self._requests[wish.request] = order.order_id
        given = _refusal(recorded)
        refused = OrderDenied(order.create_ts, order.order_id, given)
        if order.state is OrderState.CREATED:
            if given and given not in _BY_BOUNDS_ONLY:
                self.account.denied(refused)
        elif given and given not in _BY_BOUNDS:
            self._heard[-1] = refused  # a halt is told rather than the bound it passed

    def _is_wished_cancel(self, pending: Pending, event: Event) -> bool:
        """Whether it is what the next wish asks for; others are of a client or the house."""
        if not isinstance(event, OrderPendingCancel | OrderCanceled):
            return False
        self._skip_idle_cancels(pending)
        head = pending.wishes[0] if pending.wishes else None
        if not isinstance(head, CancelRequest):
            return False
        order = self.account.orders.get(event.order_id)
        is_first_word = isinstance(event, OrderPendingCancel) or (
            order is not None and order.state is OrderState.CREATED
        )
        return is_first_word and self._requests.get(head.request) == event.order_id

    def _canceled(self, pending: Pending, event: Event) -> Difference | None:
        replayed = self._next(pending)
        return self._compared(pending.place, decision_of([event]), replayed)

    def _skip_idle_cancels(self, pending: Pending, *, in_doubt_too: bool = False) -> None:
        """Lets those go that find nothing to cancel; or nothing that may be canceled yet."""
        idle = _NOT_CANCELED | {OrderState.IN_DOUBT} if in_doubt_too else _NOT_CANCELED
        wishes = pending.wishes
        while wishes and isinstance(wishes[0], CancelRequest):
            order = self.account.orders.get(self._requests.get(wishes[0].request, 0))
            if order is not None and order.state not in idle:
                return
            wishes.popleft()

    def _left_over(self, pending: Pending) -> Difference | None:
        """The first wish that left no trace, though it had to."""
        self._skip_idle_cancels(pending, in_doubt_too=True)
        if not pending.wishes:
            return None
        return self._compared(pending.place, None, self._next(pending))

    def _compared(
        self, place: Place, recorded: Decision | None, replayed: Decision | None
    ) -> Difference | None:
        self.hashes.take(place, recorded, replayed)
        return None if recorded == replayed else Difference(place, recorded, replayed)


def _is_wished(pending: Pending, event: Event) -> bool:
    """Whether it is an order that the strategy asked for, now or where it should not have been."""
    if not isinstance(event, OrderCreated) or event.request <= 0:
        return False
    is_exit = isinstance(event, SpecialOrderCreated) and event.leg > Leg.ENTRY
    return not is_exit or event.request in pending.grouped


def _refusal(recorded: Decision | None) -> str:
    last = recorded.events[-1] if recorded is not None else None
    return last.reason if isinstance(last, OrderDenied) else ""


def _group(recorded: Decision | None) -> tuple[int, Leg]:
    first = recorded.events[0] if recorded is not None else None
    if isinstance(first, SpecialOrderCreated):
        return first.group, Leg(first.leg)
    return 0, Leg.NONE
