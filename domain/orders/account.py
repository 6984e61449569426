"""One account: its orders, positions and money. The one place where any of them changes.

The same class serves the backtest loop, the orders service and the shadow in a strategy's
process. It has no clock and no I/O: events go in, what they caused goes to `record`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain.errors import NotAllowedNow, invalid
from domain.instruments import NANOSECONDS, Instrument
from domain.orders import state as rows
from domain.orders.books import Books
from domain.orders.events import (
    BooksAdjusted,
    CapitalDeposited,
    Event,
    FillReversed,
    LedgerPosted,
    OrderAccepted,
    OrderCanceled,
    OrderCreated,
    OrderDenied,
    OrderExpired,
    OrderFilled,
    OrderInDoubt,
    OrderPendingCancel,
    OrderPendingReplace,
    OrderPresumedAbsent,
    OrderQuarantined,
    OrderRejected,
    OrderReplaced,
    OrderSubmitted,
    SpecialOrderCreated,
)
from domain.orders.order import Leg, Order, Replacement, link_of, order_from, special
from domain.orders.request import OrderRequest, OrderType, check_terms, trail_of
from domain.orders.risk import (
    NO_REFERENCE_PRICE,
    Bounds,
    RiskLimits,
    exposure,
    refuse,
    refuse_replacement,
    reserve_price,
)
from domain.orders.risk.gate import Gate, could_open, lessens
from domain.orders.state import OrderState, Row, illegal
from domain.orders.trailing import first_stop
from domain.values import money_to_int

# An enumeration's member costs five times a module's constant.
_CREATED = OrderState.CREATED
_FILLED = OrderState.FILLED
_QUARANTINED = OrderState.QUARANTINED
_STOP, _TRAILING = OrderType.STOP, OrderType.TRAILING_STOP
_TRADED = (OrderState.PARTIALLY_FILLED, _FILLED, _QUARANTINED)
_FILLING = (OrderState.PARTIALLY_FILLED, OrderState.PENDING_CANCEL, OrderState.PENDING_REPLACE)

# By the method, not bound to an account: one is made for every change.
_HANDLERS: dict[type, str] = {
    CapitalDeposited: "deposited",
    OrderCreated: "created",
    SpecialOrderCreated: "created",
    OrderDenied: "denied",
    OrderSubmitted: "submitted",
    OrderInDoubt: "in_doubt",
    OrderAccepted: "accepted",
    OrderRejected: "rejected",
    OrderPendingCancel: "pending_cancel",
    OrderPendingReplace: "pending_replace",
    OrderReplaced: "replaced",
    OrderCanceled: "canceled",
    OrderExpired: "expired",
    OrderPresumedAbsent: "presumed_absent",
    OrderQuarantined: "quarantined",
    OrderFilled: "filled",
    LedgerPosted: "posted",
    BooksAdjusted: "adjusted",
    FillReversed: "fill_reversed",
}


class Account(Books):
    """The orders that can still trade, positions, ledger and reservations of one account.

    Each event has a method; `apply` finds it. An event that cannot be raises IllegalTransition,
    NotFound or InvalidRequest and leaves everything as before. `record` hears of an event once
    all of it is done.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        limits: RiskLimits,
        record: Callable[[Event], None],
        *,
        keep_ended: bool = True,
    ) -> None:
        super().__init__(instruments, limits, record, keep_ended=keep_ended)
        max_notional = money_to_int(limits.max_order_notional, "max_order_notional")
        self._bounds = Bounds(max_notional, limits.short_selling)
        self._rate_window = NANOSECONDS if limits.max_orders_per_second else 0
        self._posted: LedgerPosted | None = None
        self.gate: Gate | None = None  # none where nobody has set limits

    # decisions

    def deposit(self, ts: int, amount: int) -> None:
        """Put capital in. Raises InvalidRequest for an amount that is not above zero."""
        self.deposited(CapitalDeposited(ts, amount))

    def place(
        self,
        ts: int,
        wish: OrderRequest,
        *,
        halted: str = "",
        group: int = 0,
        leg: Leg = Leg.NONE,
    ) -> Order:
        """Take a wish down as the next order, CREATED with its reservation, or DENIED.

        `group` and `leg` say whose it is, if a group's. While `halted` for a reason it is denied
        with that as soon as a part of it could open. Nothing is sent by this. Raises NotFound for
        an unknown instrument and InvalidRequest for terms that contradict each other.
        """
        check_terms(wish)
        position = self.position(wish.instrument_id)
        limit, stop = wish.limit_price, wish.stop_price
        is_special, link = group or wish.order_type is _TRAILING, 0
        if is_special:
            stop, link = first_stop(wish, position.reference_price), link_of(group, leg)
        price = limit or reserve_price(wish.order_type, stop, position.reference_price)
        reason = refuse(
            position,
            wish.side,
            wish.quantity,
            price,
            self._bounds,
            self.buying_power,
            ts - self._recent[0] < self._rate_window,
            link,
        )
        if is_special and wish.order_type is _TRAILING and not stop:
            reason = NO_REFERENCE_PRICE
        if halted and exposure(position, wish.side, wish.quantity, link)[0]:
            reason = halted
        if self.gate is not None and reason is None:
            reason = self.gate.refuse(self, ts, wish, price, link)
        event = OrderCreated(
            ts,
            self.order_count + 1,
            wish.request,
            wish.instrument_id,
            wish.side,
            wish.quantity,
            wish.order_type,
            limit,
            stop,
            wish.time_in_force,
            price,
        )
        if is_special:
            event = special(event, group, leg, *trail_of(wish))
        order = self.created(event)
        if reason is not None:
            self.denied(OrderDenied(ts, order.order_id, reason))
        return order

    def cancel(self, ts: int, order_id: int) -> Order:
        """Ask for the end of an order: CANCELED at once if it was never sent, else PENDING_CANCEL.

        Raises NotFound and IllegalTransition.
        """
        order = self.order(order_id)
        if order.state == _CREATED:
            self.canceled(OrderCanceled(ts, order_id))
        else:
            self.pending_cancel(OrderPendingCancel(ts, order_id))
        return order

    def replace(
        self,
        ts: int,
        order_id: int,
        quantity: int,
        limit_price: int,
        stop_price: int,
        *,
        halted: str = "",
    ) -> Order:
        """Ask for other terms: PENDING_REPLACE, the dearer of both reserved.

        While `halted` for a reason, only lesser terms and orders that only reduce pass. Raises
        NotFound, IllegalTransition, InvalidRequest for terms that do not fit the order's type or
        what is filled, and NotAllowedNow with the gate's reason.
        """
        order = self.order(order_id)
        if rows.ON_PENDING_REPLACE[order.state] is None:
            raise illegal(order_id, order.state, "OrderPendingReplace")
        check_terms(
            OrderRequest(
                order.request,
                order.instrument_id,
                order.side,
                quantity,
                order.order_type if order.trail is None else _STOP,
                limit_price,
                stop_price,
                order.time_in_force,
            )
        )
        if quantity <= order.filled_quantity:
            raise invalid("quantity", "must exceed what is filled already", reason="OUT_OF_RANGE")
        position = self.positions[order.instrument_id]
        price = limit_price or reserve_price(order.order_type, stop_price, position.reference_price)
        wanted = Replacement(quantity, limit_price, stop_price, price or order.reserve_price)
        reason = refuse_replacement(
            position,
            order,
            wanted,
            self._bounds,
            self.buying_power,
        )
        if halted and not lessens(order, wanted) and could_open(position, order, quantity):
            reason = halted
        if self.gate is not None and reason is None:
            reason = self.gate.refuse_replacement(self, ts, order, wanted)
        if reason is not None:
            raise NotAllowedNow(f"order {order_id} may not be replaced: {reason}", reason=reason)
        self.pending_replace(
            OrderPendingReplace(
                ts, order_id, quantity, limit_price, stop_price, wanted.reserve_price
            )
        )
        return order

    # events

    def apply(self, event: Event) -> None:
        """Take any event in: a broker's news, a recorded log, the events of the shadowed account.

        A LedgerPosted is checked against what the fill before it caused.
        """
        getattr(self, _HANDLERS[type(event)])(event)

    def deposited(self, event: CapitalDeposited) -> None:
        """Capital came in. Raises InvalidRequest for an amount that is not above zero."""
        if event.amount <= 0:
            raise invalid("amount", "must be above zero", reason="NOT_POSITIVE")
        self.ledger.deposit(event.amount)
        self.record(event)

    def created(self, event: OrderCreated) -> Order:
        """The next order exists. Raises InvalidRequest when its number is not the next."""
        if event.order_id != self.order_count + 1:
            raise invalid("order_id", f"{event.order_id} does not follow {self.order_count}")
        position = self.position(event.instrument_id)
        order = order_from(event)
        self.order_count = event.order_id
        self._recent.append(event.ts)
        self._start(order, position)
        self.record(event)
        return order

    def denied(self, event: OrderDenied) -> None:
        """We refused the order."""
        order = self._move(event, rows.ON_DENIED)
        order.reason = event.reason
        self._end(order)
        self.record(event)

    def submitted(self, event: OrderSubmitted) -> None:
        """It is about to leave for the broker."""
        self._move(event, rows.ON_SUBMITTED)
        self.record(event)

    def in_doubt(self, event: OrderInDoubt) -> None:
        """The broker is silent about it."""
        self._move(event, rows.ON_IN_DOUBT)
        self.record(event)

    def accepted(self, event: OrderAccepted) -> None:
        """The broker has it; PARTIALLY_FILLED if a fill came first."""
        order = self._move(event, rows.ON_ACCEPTED)
        if order.filled_quantity or order.replacement is not None or order.order_id in self.ended:
            self._work(order)
        self.record(event)

    def rejected(self, event: OrderRejected) -> None:
        """The broker refused it."""
        order = self._move(event, rows.ON_REJECTED)
        order.reason = event.reason
        self._end(order)
        self.record(event)

    def pending_cancel(self, event: OrderPendingCancel) -> None:
        """A cancel is on its way."""
        self._move(event, rows.ON_PENDING_CANCEL)
        self.record(event)

    def pending_replace(self, event: OrderPendingReplace) -> None:
        """New terms are on their way."""
        order = self._move(event, rows.ON_PENDING_REPLACE)
        order.replacement = Replacement(
            event.quantity, event.limit_price, event.stop_price, event.reserve_price
        )
        self._reserve(order)
        self.record(event)

    def replaced(self, event: OrderReplaced) -> None:
        """The broker works it under new terms; FILLED if they ask no more than is filled."""
        order = self._move(event, rows.ON_REPLACED)
        if order.replacement is not None:
            order.reserve_price = order.replacement.reserve_price
        elif event.limit_price:
            order.reserve_price = event.limit_price
        order.quantity = event.quantity
        order.limit_price = event.limit_price
        order.stop_price = event.stop_price
        self._work(order)
        if order.filled_quantity >= order.quantity:
            order.state = _FILLED
            self._end(order)
        self.record(event)

    def canceled(self, event: OrderCanceled) -> None:
        """Its open part will not trade."""
        self._end(self._move(event, rows.ON_CANCELED))
        self.record(event)

    def expired(self, event: OrderExpired) -> None:
        """Its time in force ran out."""
        self._end(self._move(event, rows.ON_EXPIRED))
        self.record(event)

    def presumed_absent(self, event: OrderPresumedAbsent) -> None:
        """The broker most likely never had it."""
        self._end(self._move(event, rows.ON_PRESUMED_ABSENT))
        self.record(event)

    def quarantined(self, event: OrderQuarantined) -> None:
        """Somebody has to look at it."""
        order = self._move(event, rows.ON_QUARANTINED)
        order.reason = event.reason
        self._revive(order)
        self.record(event)

    def filled(self, event: OrderFilled) -> None:
        """An execution: order, position and ledger move together.

        A fill is never lost: one of a canceled or expired order is kept, one beyond the quantity
        quarantines the order. Each execution must be given once.
        """
        order = self.orders.get(event.order_id) or self.order(event.order_id)
        quantity = event.quantity
        if quantity <= 0 or event.price <= 0:
            raise invalid("quantity", "a fill has a quantity and a price above zero")
        to = rows.ON_FILLED[order.state]
        if to is None:
            raise illegal(order.order_id, order.state, "OrderFilled")
        done = order.filled_quantity + quantity
        if done > order.quantity:
            to = _QUARANTINED
        elif done == order.quantity and to in _FILLING:
            to = _FILLED
        order.state = to
        order.update_ts = event.ts
        order.filled_quantity = done
        order.fill_value += event.price * quantity
        if event.fee:
            order.fees += event.fee
        position = self.positions[order.instrument_id]
        self._posted = self._post(event, position, quantity if order.side > 0 else -quantity)
        if to is _FILLED:
            self._end(order)
        else:
            self._revive(order)
        self.record(event)
        self.record(self._posted)

    def adjusted(self, event: BooksAdjusted) -> None:
        """The books were set right. Raises InvalidRequest for a quantity without a price."""
        if event.quantity and event.price <= 0:
            raise invalid("price", "must be above zero", reason="NOT_POSITIVE")
        position = self.position(event.instrument_id) if event.instrument_id else None
        self._posted = self._correct(event.ts, 0, position, event.quantity, event.price, event.cash)
        self.record(event)
        self.record(self._posted)

    def fill_reversed(self, event: FillReversed) -> None:
        """A fill is taken back. Its order counts it no more; where that is unknown the books do.

        An order that it had ended, or put into quarantine, is as it was without it.
        """
        position = self.position(event.instrument_id)
        value = event.price * event.quantity
        cash = value * position.money_factor * event.side + event.fee
        quantity = -event.quantity * event.side
        order = self.orders.get(event.order_id) or self.ended.get(event.order_id)
        if order is not None:
            order.filled_quantity -= event.quantity
            order.fill_value -= value
            order.fees -= event.fee
            order.update_ts = event.ts
            if order.state in _TRADED and order.filled_quantity < order.quantity:
                some = order.filled_quantity
                order.state = OrderState.PARTIALLY_FILLED if some else OrderState.ACCEPTED
        self._posted = self._correct(
            event.ts, event.order_id, position, quantity, event.price, cash, -event.fee
        )
        if order is None:
            self._reserve_in(position)
        elif order.state == _QUARANTINED and order.filled_quantity == order.quantity:
            order.state = _FILLED
            self._end(order)
        else:
            self._revive(order)
        self.record(event)
        self.record(self._posted)

    def posted(self, event: LedgerPosted) -> None:
        """Check a recorded posting against our own. Raises InvalidRequest (`LEDGER_MISMATCH`)."""
        if event != self._posted:
            raise invalid(
                "event", "the recorded posting is not what its fill makes", reason="LEDGER_MISMATCH"
            )

    def _move(self, event: Any, row: Row) -> Order:
        """Bring the order of `event` to the state the row says."""
        order = self.orders.get(event.order_id) or self.order(event.order_id)
        to = row[order.state]
        if to is None:
            raise illegal(order.order_id, order.state, type(event).__name__)
        order.state = to
        order.update_ts = event.ts
        return order
