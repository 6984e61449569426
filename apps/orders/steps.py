"""What to do next about an order, and what an answer of the broker means: decisions on the book."""

from msgspec import Struct

from apps.orders.apply_reports import UNANSWERED
from domain.orders.book import AccountBook, Attempt, AttemptKind, Outcome
from domain.orders.events import (
    OrderAccepted,
    OrderCanceled,
    OrderInDoubt,
    OrderQuarantined,
    OrderRejected,
    OrderSubmitted,
)
from domain.orders.order import Order
from domain.orders.state import OrderState
from ports.broker import Ack, BrokerOrder, Found, Terms


class Submit(Struct, frozen=True):
    """Hand the order over. Kept as SUBMITTED already."""

    order: BrokerOrder
    attempt: Attempt


class Find(Struct, frozen=True):
    """Ask whether the broker has it."""


class Cancel(Struct, frozen=True):
    """Ask for its end."""

    ts: int
    attempt: Attempt


class Replace(Struct, frozen=True):
    """Ask for other terms."""

    terms: Terms
    ts: int
    attempt: Attempt


Step = Submit | Find | Cancel | Replace


def next_step(book: AccountBook, order_id: str) -> Step | None:
    """What has to be sent about the order now; noted as an attempt before it leaves.

    An order found SUBMITTED was on its way when somebody stopped: it is in doubt. Its events keep
    the time of the decision they carry out.
    """
    order = book.order(order_id)
    match order.state:
        case OrderState.CREATED:
            return _submit(book, order)
        case OrderState.SUBMITTED:
            book.account.in_doubt(OrderInDoubt(book.now, order.order_id))
            return Find()
        case OrderState.IN_DOUBT:
            return Find()
        case OrderState.PENDING_CANCEL:
            attempt = book.attempt(book.now, order, AttemptKind.CANCEL)
            return Cancel(order.update_ts, attempt)
        case OrderState.PENDING_REPLACE if order.replacement is not None:
            wanted = order.replacement
            terms = Terms(wanted.quantity, wanted.limit_price, wanted.stop_price)
            attempt = book.attempt(book.now, order, AttemptKind.REPLACE)
            return Replace(terms, order.update_ts, attempt)
        case _:
            return None


def acknowledged(book: AccountBook, order_id: str, step: Submit, ack: Ack) -> Step | None:
    """The broker has it. A cancel that was asked for meanwhile stays asked for."""
    order = book.order(order_id)
    book.answered(step.attempt, Outcome.TAKEN)
    book.known_to_broker(order, ack.broker_order_id)
    if order.state in UNANSWERED:
        book.account.accepted(OrderAccepted(ack.ts, order.order_id))
    return next_step(book, order_id)


def refused(
    book: AccountBook, order_id: str, step: Submit, reason: str, found: Found | None
) -> Step | None:
    """The broker refused this attempt: the end of the order, unless an earlier one came through."""
    order = book.order(order_id)
    book.answered(step.attempt, Outcome.REFUSED, reason)
    if found is not None:
        return located(book, order_id, found)
    if order.state in UNANSWERED or order.state == OrderState.PENDING_CANCEL:
        book.account.rejected(OrderRejected(book.now, order.order_id, reason))
    return None


def unanswered(book: AccountBook, order_id: str, step: Step) -> Step | None:
    """Silence. What was asked may have happened, so we look before we ask again."""
    if not isinstance(step, Find):
        book.answered(step.attempt, Outcome.SILENT)
    return next_step(book, order_id)


def located(book: AccountBook, order_id: str, found: Found | None) -> Step | None:
    """The answer to Find: it is there after all, or it never arrived and is sent again."""
    order = book.order(order_id)
    if order.state not in UNANSWERED:
        return next_step(book, order_id)
    if found is None:
        return _submit(book, order)
    book.known_to_broker(order, found.broker_order_id)
    book.account.accepted(OrderAccepted(book.now, order.order_id))
    return None


def change_taken(book: AccountBook, order_id: str, step: Cancel | Replace) -> None:
    """The broker will do it; a report says when it is done."""
    book.order(order_id)
    book.answered(step.attempt, Outcome.TAKEN)


def change_refused(
    book: AccountBook,
    order_id: str,
    step: Cancel | Replace,
    reason: str,
    found: Found | None,
) -> None:
    """A refused cancel or replace proves nothing by itself: where the order is decides.

    It works on as it was; or it never came to the broker: a cancel is done then, and a replace
    contradicts what we know. If it ended there, the report of its end says how.
    """
    order = book.order(order_id)
    book.answered(step.attempt, Outcome.REFUSED, reason)
    if order.state not in (OrderState.PENDING_CANCEL, OrderState.PENDING_REPLACE):
        return
    if found is None and isinstance(step, Cancel):
        book.account.canceled(OrderCanceled(book.now, order.order_id))
    elif found is None:
        book.account.quarantined(OrderQuarantined(book.now, order.order_id, "UNKNOWN_AT_BROKER"))
    elif found.is_working:
        book.account.accepted(OrderAccepted(book.now, order.order_id))


def _submit(book: AccountBook, order: Order) -> Submit:
    ts = order.create_ts
    book.account.submitted(OrderSubmitted(ts, order.order_id))
    attempt = book.attempt(book.now, order, AttemptKind.SUBMIT)
    wanted = BrokerOrder(
        book.tag(order.order_id).order_id,
        book.account.position(order.instrument_id).instrument,
        order.side,
        order.quantity,
        order.order_type,
        order.limit_price,
        order.stop_price,
        order.time_in_force,
        ts,
    )
    return Submit(wanted, attempt)
