"""What to do next about an order, and what an answer of the broker means: decisions on the book."""

from msgspec import Struct

from apps.orders.apply_reports import TAKEN_TWICE, UNANSWERED
from domain.orders.book import AccountBook
from domain.orders.doubt import ASK_ABSENT_EVERY, Capabilities, Conclusion, conclude
from domain.orders.events import (
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderQuarantined,
    OrderRejected,
    OrderSubmitted,
)
from domain.orders.kept import Attempt, AttemptKind, Outcome
from domain.orders.order import Order
from domain.orders.risk.gate import lessens
from domain.orders.state import OrderState
from ports.broker import Ack, BrokerOrder, Found, Terms

UNKNOWN_AT_BROKER = "UNKNOWN_AT_BROKER"


class Submit(Struct, frozen=True):
    """Hand the order over. Kept as SUBMITTED already."""

    order: BrokerOrder
    attempt: Attempt


class Look(Struct, frozen=True):
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


Step = Submit | Look | Cancel | Replace


class Signs(Struct, frozen=True):
    """What a round of questions showed. `healthy_ts` is None when we might have missed a sign."""

    found: tuple[Found, ...]
    asked_ts: int
    healthy_ts: int | None
    broker: Capabilities


def next_step(book: AccountBook, order_id: str) -> Step | None:
    """What has to be sent about the order now; noted as an attempt before it leaves.

    An order found SUBMITTED was on its way when somebody stopped: it is in doubt. Its events keep
    the time of the decision they carry out.
    """
    order = book.order(order_id)
    match order.state:
        case OrderState.CREATED:
            return _submit_unless_halted(book, order)
        case OrderState.SUBMITTED:
            book.doubt(order)
            return Look()
        case OrderState.IN_DOUBT:
            return Look()
        case OrderState.PRESUMED_ABSENT:
            return _look_again(book, order)
        case OrderState.PENDING_CANCEL:
            attempt = book.attempt(book.now, order, AttemptKind.CANCEL)
            return Cancel(order.update_ts, attempt)
        case OrderState.PENDING_REPLACE if order.replacement is not None:
            wanted = order.replacement
            if _is_halted(book, order) and not lessens(order, wanted):
                # One that was sent and not answered is told of by the broker's report.
                book.account.accepted(OrderAccepted(book.now, order.order_id))
                return None
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
        book.found(order, ack.ts)
    return next_step(book, order_id)


def refused(book: AccountBook, order_id: str, step: Submit, reason: str) -> Step | None:
    """The broker refused this sending: the end of the order, unless an earlier one is unclear."""
    order = book.order(order_id)
    book.answered(step.attempt, Outcome.REFUSED, reason)
    if order.state not in UNANSWERED and order.state != OrderState.PENDING_CANCEL:
        return None
    doubt = book.tag(order.order_id).doubt
    if doubt is None:
        book.account.rejected(OrderRejected(book.now, order.order_id, reason))
        return None
    book.learned(order, doubt.refused(reason))
    book.doubt(order, cancel=order.state == OrderState.PENDING_CANCEL)
    return Look()


def unanswered(book: AccountBook, order_id: str, step: Step) -> Step | None:
    """Silence. What was asked may have happened, so we look before we ask again."""
    order = book.order(order_id)
    if not isinstance(step, Look):
        book.answered(step.attempt, Outcome.SILENT)
    if isinstance(step, Submit) and order.state == OrderState.PENDING_CANCEL:
        book.doubt(order, cancel=True)
    return next_step(book, order_id)


def located(book: AccountBook, order_id: str, signs: Signs) -> Step | None:
    """The answer to Look: it is there after all, or there is no sign of it."""
    order = book.order(order_id)
    if order.state not in UNANSWERED:
        return next_step(book, order_id)
    if len(signs.found) > 1:
        book.account.quarantined(OrderQuarantined(book.now, order.order_id, TAKEN_TWICE))
        return None
    for one in signs.found:
        book.known_to_broker(order, one.broker_order_id)
        book.found(order, book.now)
        return next_step(book, order_id)
    return _not_found(book, order, signs)


def change_taken(book: AccountBook, order_id: str, step: Cancel | Replace) -> None:
    """The broker will do it; a report says when it is done."""
    book.order(order_id)
    book.answered(step.attempt, Outcome.TAKEN)


def change_refused(
    book: AccountBook, order_id: str, step: Cancel | Replace, reason: str, signs: Signs
) -> None:
    """A refused cancel or replace proves nothing by itself: where the order is decides.

    It works on as it was. Or it may still be on its way: it is in doubt then. Or the broker knew it
    and now does not: that contradicts itself. If it ended there, the report of its end says how.
    """
    order = book.order(order_id)
    book.answered(step.attempt, Outcome.REFUSED, reason)
    if order.state not in (OrderState.PENDING_CANCEL, OrderState.PENDING_REPLACE):
        return
    if any(one.is_working for one in signs.found):
        book.account.accepted(OrderAccepted(book.now, order.order_id))
    elif signs.found:
        return
    elif not book.tag(order.order_id).broker_order_id:
        book.doubt(order, cancel=isinstance(step, Cancel))
    elif signs.broker.says_no:
        book.account.quarantined(OrderQuarantined(book.now, order.order_id, UNKNOWN_AT_BROKER))


def _not_found(book: AccountBook, order: Order, signs: Signs) -> Step | None:
    healthy_ts = signs.healthy_ts
    if healthy_ts is not None and signs.broker.says_no:
        healthy_ts = 0  # a firm no holds whatever we might have missed before it
    doubt = book.doubt_of(order).answered_no(signs.asked_ts, healthy_ts)
    conclusion = conclude(doubt, signs.broker)
    if conclusion is Conclusion.SEND_AGAIN and _is_halted(book, order, in_doubt=True):
        doubt = doubt.without(cancel=True)
        conclusion = conclude(doubt, signs.broker)
    book.learned(order, doubt)
    if order.state == OrderState.PRESUMED_ABSENT:
        return None
    match conclusion:
        case Conclusion.SEND_AGAIN:
            return _submit(book, order)
        case Conclusion.NEVER_ARRIVED if doubt.refusal:
            book.account.rejected(OrderRejected(book.now, order.order_id, doubt.refusal))
        case Conclusion.NEVER_ARRIVED:
            book.account.canceled(OrderCanceled(book.now, order.order_id))
        case Conclusion.PRESUMED_ABSENT:
            book.presume_absent(order)
    return None


def _look_again(book: AccountBook, order: Order) -> Look | None:
    """After the absence of an order was presumed: now and then, until it is let go."""
    tag = book.tag(order.order_id)
    if tag.doubt is None or book.clock >= tag.watch_ts:
        return None
    since = book.clock - tag.doubt.asked_ts
    was_set_back = since < 0
    return Look() if was_set_back or since >= ASK_ABSENT_EVERY else None


def _submit_unless_halted(book: AccountBook, order: Order) -> Submit | None:
    """Between the decision and the sending something may have halted new risk."""
    if reason := _is_halted(book, order):
        book.account.denied(OrderDenied(book.now, order.order_id, reason))
        return None
    return _submit(book, order)


def _is_halted(book: AccountBook, order: Order, *, in_doubt: bool = False) -> str:
    """Why an order that may open something must not be sent now; empty when it may."""
    run_id = book.tag(order.order_id).run_id
    return book.halted(run_id, order.instrument_id, in_doubt=in_doubt) if order.reserved else ""


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
        reduces=not order.reserved,
        reserve_price=order.reserve_price,
        link=order.link,
        trail=order.trail,
    )
    return Submit(wanted, attempt)
