"""Mutants of the dispatch: what may be sent, what silence means, what a refusal says."""

from typing import Any

from msgspec import structs

from apps.orders import apply_reports, cancel_order, steps
from apps.orders.apply_reports import ApplyReports
from apps.orders.dispatch_orders import DispatchOrders
from domain.orders.account import Account
from domain.orders.book import AccountBook
from domain.orders.doubt import Capabilities, Conclusion, Doubt
from domain.orders.events import OrderAccepted, OrderCanceled, OrderRejected
from domain.orders.kept import Outcome
from domain.orders.order import Order
from domain.orders.state import OrderState
from ports.broker import BrokerSilent
from tests.simulation.mutants.mutant import Put


def blind_resend(put: Put) -> None:
    """A broker that may take an id twice is sent the order again."""

    def conclude(doubt: Doubt, broker: Capabilities) -> Conclusion:
        return Conclusion.SEND_AGAIN

    put(steps, "conclude", conclude)


def refusal_of_the_order(put: Put) -> None:
    """A refusal of a later sending ends the order."""

    def refused(book: AccountBook, order_id: str, step: Any, reason: str) -> None:
        order = book.order(order_id)
        book.answered(step.attempt, Outcome.REFUSED, reason)
        if order.state in steps.UNANSWERED or order.state == OrderState.PENDING_CANCEL:
            book.account.rejected(OrderRejected(book.now, order.order_id, reason))

    put(steps, "refused", refused)


def release_on_timeout(put: Put) -> None:
    """Some rounds without a sign end the order, whatever may be under way."""

    def conclude(doubt: Doubt, broker: Capabilities) -> Conclusion:
        return Conclusion.NEVER_ARRIVED if doubt.noes >= 2 else Conclusion.WAIT

    put(steps, "conclude", conclude)


def absent_at_the_first_no(put: Put) -> None:
    """One round without a sign is enough to presume the absence."""

    def conclude(doubt: Doubt, broker: Capabilities) -> Conclusion:
        return Conclusion.PRESUMED_ABSENT

    put(steps, "conclude", conclude)


def quiet_not_awaited(put: Put) -> None:
    """Enough rounds are enough, however quickly they follow each other."""

    def answered_no(doubt: Doubt, asked_ts: int, healthy_ts: int | None) -> Doubt:
        return structs.replace(doubt, noes=doubt.noes + 5, asked_ts=asked_ts, quiet_ts=0)

    put(Doubt, "answered_no", answered_no)


def new_id_for_each_attempt(put: Put) -> None:
    """Each sending has a name of its own."""
    submit = steps._submit

    def renamed(book: AccountBook, order: Order) -> Any:
        step = submit(book, order)
        wanted = step.order
        name = f"{wanted.order_id}-{step.attempt.attempt}"
        return steps.Submit(structs.replace(wanted, order_id=name), step.attempt)

    put(steps, "_submit", renamed)


def resent_after_an_unanswered_question(put: Put) -> None:
    """A question that times out is taken for a no, and a no for a reason to send again."""
    unanswered = steps.unanswered

    def and_again(book: AccountBook, order_id: str, step: Any) -> Any:
        order = book.order(order_id)
        if isinstance(step, steps.Look) and order.state == OrderState.IN_DOUBT:
            return steps._submit(book, order)
        return unanswered(book, order_id, step)

    put(steps, "unanswered", and_again)


def sent_before_it_is_kept(put: Put) -> None:
    """The order is SUBMITTED only once the broker has answered."""
    submitted = steps.OrderSubmitted

    class Nothing:
        def __init__(self, *facts: object) -> None:
            self.facts = facts

    apply = Account.submitted

    def later(account: Account, event: Any) -> None:
        if not isinstance(event, Nothing):
            apply(account, event)

    acknowledged = steps.acknowledged

    def and_kept(book: AccountBook, order_id: str, step: Any, ack: Any) -> Any:
        order = book.order(order_id)
        if order.state == OrderState.CREATED:
            apply(book.account, submitted(book.now, order.order_id))
        return acknowledged(book, order_id, step, ack)

    def unanswered(book: AccountBook, order_id: str, step: Any) -> Any:
        return steps.next_step(book, order_id)

    put(steps, "OrderSubmitted", Nothing)
    put(Account, "submitted", later)
    put(steps, "acknowledged", and_kept)
    put(steps, "unanswered", unanswered)


def found_submitted_taken_for_accepted(put: Put) -> None:
    """After a crash what was on its way is believed to have arrived."""
    next_step = steps.next_step

    def believing(book: AccountBook, order_id: str) -> Any:
        order = book.order(order_id)
        if order.state == OrderState.SUBMITTED:
            book.account.accepted(OrderAccepted(book.now, order.order_id))
            return None
        return next_step(book, order_id)

    put(steps, "next_step", believing)


def send_guard_skipped(put: Put) -> None:
    """Sending goes on when the lease is about to end."""
    put(DispatchOrders, "_guard", lambda _self: None)


def switch_not_read_before_sending(put: Put) -> None:
    """The kill switch is looked at when an order is placed, and not when it is sent."""
    put(steps, "_submit_unless_halted", steps._submit)


def refused_cancel_taken_for_the_end(put: Put) -> None:
    """A broker that refuses a cancel has no such order any more."""

    def change_refused(
        book: AccountBook, order_id: str, step: Any, reason: str, signs: Any
    ) -> None:
        order = book.order(order_id)
        book.answered(step.attempt, Outcome.REFUSED, reason)
        if order.state == OrderState.PENDING_CANCEL:
            book.account.canceled(OrderCanceled(book.now, order.order_id))

    put(steps, "change_refused", change_refused)


def cancel_in_doubt_at_once(put: Put) -> None:
    """An order in doubt that shall be canceled is canceled, without asking."""

    def ask_to_cancel(book: AccountBook, ts: int, order: Order) -> None:
        if order.state == OrderState.IN_DOUBT:
            book.account.canceled(OrderCanceled(ts, order.order_id))
        elif order.state != OrderState.PENDING_CANCEL:
            cancel_order.refuse_ended(book, order)
            book.account.cancel(ts, order.order_id)

    put(cancel_order, "ask_to_cancel", ask_to_cancel)


def absence_not_watched(put: Put) -> None:
    """What is presumed absent is never asked about again."""
    put(steps, "_look_again", lambda book, order: None)


def early_fill_dropped(put: Put) -> None:
    """A report that comes before the answer to its sending is not believed."""
    apply = apply_reports._apply

    def only_of_known(book: AccountBook, report: Any) -> None:
        order = book.find(report.order_id)
        if order is None or order.state not in steps.UNANSWERED:
            apply(book, report)

    put(apply_reports, "_apply", only_of_known)


def reports_counted_before_they_are_booked(put: Put) -> None:
    """The place in the reports moves on even when booking them fails."""
    book = ApplyReports._book

    async def ahead(self: Any, account: Any, reports: Any, shown: Any) -> Any:
        if reports:
            self._booked[account] = reports[-1].number
        return await book(self, account, reports, shown)

    put(ApplyReports, "_book", ahead)


def nothing_swept(put: Put) -> None:
    """Nobody looks after what a crash left open."""

    async def sweep(self: Any) -> None:
        """Nothing."""

    put(DispatchOrders, "_sweep", sweep)


def silence_taken_for_a_no(put: Put) -> None:
    """A question that times out counts as a round without a sign."""
    look = DispatchOrders._look

    async def deaf(self: Any, account: Any, order_id: str) -> Any:
        try:
            return await look(self, account, order_id)
        except BrokerSilent:
            broker = await self._broker.capabilities(account)
            return steps.Signs((), self._clock.now(), 1, broker)

    put(DispatchOrders, "_look", deaf)
    put(steps, "conclude", _after_two)


def _after_two(doubt: Doubt, broker: Capabilities) -> Conclusion:
    if broker.unique_order_ids:
        return Conclusion.SEND_AGAIN
    return Conclusion.PRESUMED_ABSENT if doubt.noes >= 2 else Conclusion.WAIT
