"""What the replay's core takes for the same decision, and what it does not."""

from msgspec.structs import replace

from domain.instruments import Instrument
from domain.orders.account import Account
from domain.orders.events import (
    CapitalDeposited,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderCreated,
    OrderDenied,
    OrderInDoubt,
    OrderPendingCancel,
    OrderSubmitted,
)
from domain.orders.request import CancelRequest, OrderRequest, Side
from domain.orders.risk import RiskLimits
from domain.strategies.decisions import Decision, Difference, Place
from domain.strategies.replay import Pending, Redeciding
from domain.values import MONEY_SCALE

AAPL = Instrument("AAPL.XNAS", "AAPL", "XNAS")
RUN = "run_1"
CASH = CapitalDeposited(0, 100_000 * MONEY_SCALE)


class Recorded:
    """An account at work for a run, whose log is the record."""

    def __init__(self) -> None:
        self.log: list[tuple[str, Event]] = []
        self._run = ""
        self.account = Account({AAPL.instrument_id: AAPL}, RiskLimits(), self._record)
        self.account.apply(CASH)
        self.log.clear()
        self.account.mark(AAPL.instrument_id, 100.0)

    def _record(self, event: Event) -> None:
        self.log.append((self._run, event))

    def place(self, request: int, quantity: int = 10, *, run: str = RUN, ts: int = 5, **of) -> int:
        self._run = run
        order = self.account.place(ts, wish(request, quantity), **of)
        if order.is_working:
            self.account.submitted(OrderSubmitted(ts, order.order_id))
            self.account.accepted(OrderAccepted(ts, order.order_id))
        return order.order_id

    def cancel(self, number: int, ts: int = 5) -> None:
        self._run = RUN
        self.account.cancel(ts, number)
        self.account.canceled(OrderCanceled(ts, number))


def wish(request: int, quantity: int = 10) -> OrderRequest:
    return OrderRequest(request, AAPL.instrument_id, Side.BUY, quantity)


def followed(
    log: list[tuple[str, Event]],
    *wishes: OrderRequest | CancelRequest,
    may_only_reduce: bool = False,
    is_whole: bool = True,
) -> tuple[Redeciding, Difference | None]:
    core = Redeciding(RUN, {AAPL.instrument_id: AAPL}, RiskLimits())
    core.apply([("", CASH)])
    core.begin(1)
    core.mark(AAPL.instrument_id, 100.0)
    pending = Pending(Place(2, 5), wishes, may_only_reduce=may_only_reduce)
    return core, core.follow(pending, log, is_whole=is_whole)


def is_equal(log: list[tuple[str, Event]], *wishes, **of) -> bool:
    core, difference = followed(log, *wishes, **of)
    assert (core.hashes.recorded == core.hashes.replayed) is (difference is None)
    return difference is None


def test_the_same_wishes_make_the_same_log():
    recorded = Recorded()
    recorded.place(1)
    recorded.place(2, 5_000)  # too dear: denied
    recorded.cancel(1)
    assert isinstance(recorded.log[4][1], OrderDenied)
    assert is_equal(recorded.log, wish(1), wish(2, 5_000), CancelRequest(1))


def test_another_quantity_differs_in_both_hashes_and_names_both():
    recorded = Recorded()
    recorded.place(1)
    recorded.place(2, 11)
    core, difference = followed(recorded.log, wish(1), wish(2, 12))
    assert difference is not None
    assert difference.place == Place(2, 5)
    assert [one.events[0].quantity for one in (difference.recorded, difference.replayed)] == [
        11,
        12,
    ]
    assert core.hashes.count == 2


def test_an_order_that_nobody_wished_for_is_a_difference():
    recorded = Recorded()
    recorded.place(1)
    _, difference = followed(recorded.log)
    assert difference is not None
    assert difference.replayed is None


def test_a_wish_that_left_no_trace_is_a_difference_once_the_log_is_whole():
    _, difference = followed([], wish(1))
    assert difference is not None
    assert difference.recorded is None
    assert isinstance(difference.replayed.events[0], OrderCreated)
    assert is_equal([], wish(1), is_whole=False), "it may have been cut off before"


def test_a_cancel_that_left_no_trace_is_a_difference():
    recorded = Recorded()
    recorded.place(1)
    _, difference = followed(recorded.log, wish(1), CancelRequest(1))
    assert difference is not None
    assert isinstance(difference.replayed.events[0], OrderPendingCancel)


def test_a_cancel_of_what_is_over_leaves_none():
    recorded = Recorded()
    recorded.place(1, 5_000)
    assert is_equal(recorded.log, wish(1, 5_000), CancelRequest(1), CancelRequest(7))


def test_what_others_do_in_the_account_is_taken_as_given():
    recorded = Recorded()
    recorded.place(1)
    recorded.place(0, 3, run="")  # a client's order
    recorded.cancel(1)  # by a client as well
    recorded.place(-1_001, 2)  # a command's
    recorded.place(2, 4)
    assert is_equal(recorded.log, wish(1), wish(2, 4))


def test_a_refusal_that_no_account_can_know_of_is_taken_as_given():
    recorded = Recorded()
    recorded.place(1, halted="KILL_SWITCH")
    recorded.place(2, 5_000, halted="KILL_SWITCH")
    assert is_equal(recorded.log, wish(1), wish(2, 5_000))


def test_a_refusal_that_the_account_does_not_make_is_a_difference():
    recorded = Recorded()
    number = recorded.place(1)
    log = [recorded.log[0], (RUN, OrderDenied(5, number, "INSUFFICIENT_BUYING_POWER"))]
    assert not is_equal(log, wish(1))


def test_a_refusal_that_was_not_recorded_is_a_difference():
    recorded = Recorded()
    recorded.place(1, 5_000)
    assert not is_equal(recorded.log[:1], wish(1, 5_000))


def test_a_pause_refuses_in_the_replay_too():
    recorded = Recorded()
    recorded.place(1, halted="RUN_PAUSED")
    assert is_equal(recorded.log, wish(1), may_only_reduce=True)
    assert not is_equal(recorded.log, wish(1))


def test_a_cancel_of_an_order_in_doubt_may_leave_no_trace():
    recorded = Recorded()
    recorded._run = RUN
    order = recorded.account.place(5, wish(1))
    recorded.account.submitted(OrderSubmitted(5, order.order_id))
    recorded.account.in_doubt(OrderInDoubt(5, order.order_id))
    recorded.place(2)
    assert is_equal(recorded.log, wish(1), CancelRequest(1), wish(2))


def test_another_time_is_another_decision():
    recorded = Recorded()
    recorded.place(1)
    event = recorded.log[0][1]
    assert isinstance(event, OrderCreated)
    assert not is_equal([(RUN, replace(event, ts=6)), *recorded.log[1:]], wish(1))


def test_a_failure_is_a_decision_of_its_own():
    core = Redeciding(RUN, {}, RiskLimits())
    assert core.failed(Place(3, 9), "", "") is None
    assert core.failed(Place(3, 9), "RAISED: no", "RAISED: no") is None
    difference = core.failed(Place(3, 9), "", "RAISED: no")
    assert difference == Difference(Place(3, 9), None, Decision(failure="RAISED: no"))


def test_orders_of_a_time_to_come_do_not_count_for_the_rate():
    """An account that has traded live is driven by a replay of long ago."""
    known, limits = {AAPL.instrument_id: AAPL}, RiskLimits(max_orders_per_second=1)
    history: list[Event] = []
    before = Account(known, limits, history.append)
    before.apply(CASH)
    before.mark(AAPL.instrument_id, 100.0)
    before.place(10**18, wish(0))
    core = Redeciding(RUN, known, limits)
    core.apply([("", event) for event in history])
    core.begin(1)
    core.mark(AAPL.instrument_id, 100.0)
    difference = core.follow(Pending(Place(2, 5), [wish(1)], may_only_reduce=False), [])
    assert difference is not None
    assert len(difference.replayed.events) == 1, "it is not denied"
