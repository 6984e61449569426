"""What the gate refuses, each by its own reason, and what it lets pass."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.errors import NotAllowedNow
from domain.orders.risk.gate import Gate
from domain.orders.risk.limits import Limits, Scope, ScopedLimits
from tests.builders import AAPL, MSFT, AnAccount
from tests.unit.domain.orders.risk.gated import BUY, DOLLAR, SECOND, SELL, Gated

D = Decimal


def test_without_limits_nothing_more_is_refused() -> None:
    assert Gated(Limits()).why(BUY, 900) == ""


@pytest.mark.parametrize(
    ("limits", "passes", "refused", "reason"),
    [
        (Limits(max_order_quantity=D(100)), 100, 101, "MAX_ORDER_QUANTITY"),
        (Limits(max_order_notional=D(10_500)), 100, 101, "MAX_ORDER_NOTIONAL"),
        (Limits(max_position_quantity=D(100)), 100, 101, "MAX_POSITION"),
        (Limits(max_position_notional=D(10_000)), 100, 101, "MAX_POSITION"),
        (Limits(max_position_percent=D(10)), 100, 101, "MAX_POSITION"),
        (Limits(max_gross_exposure=D(10_000)), 100, 101, "MAX_GROSS_EXPOSURE"),
        (Limits(max_gross_exposure_percent=D(10)), 100, 101, "MAX_GROSS_EXPOSURE"),
        (Limits(max_net_exposure=D(10_000)), 100, 101, "MAX_NET_EXPOSURE"),
        (Limits(max_net_exposure_percent=D(10)), 100, 101, "MAX_NET_EXPOSURE"),
    ],
)
@pytest.mark.parametrize("side", [BUY, SELL])
def test_an_order_may_reach_a_limit_but_not_pass_it(
    limits: Limits, passes: int, refused: int, reason: str, side: object
) -> None:
    assert Gated(limits).why(side, refused) == reason
    assert Gated(limits).why(side, passes) == ""


def test_working_orders_count_before_they_fill() -> None:
    given = Gated(Limits(max_gross_exposure_percent=D(10)))
    passed = [given.why(BUY, 10, limit=100 * DOLLAR) for _ in range(12)]
    assert passed == [""] * 10 + ["MAX_GROSS_EXPOSURE"] * 2


def test_long_and_short_add_up_in_gross_and_cancel_out_in_net() -> None:
    gross = Gated(Limits(max_gross_exposure=D(15_000)))
    gross.hold(100)
    assert gross.why(SELL, 51, MSFT) == "MAX_GROSS_EXPOSURE"
    assert gross.why(SELL, 50, MSFT) == ""
    net = Gated(Limits(max_net_exposure=D(15_000)))
    net.hold(100)
    assert net.why(SELL, 250, MSFT) == ""
    assert net.why(BUY, 51, MSFT) == "MAX_NET_EXPOSURE"


def test_a_short_sale_against_a_net_long_book_passes_the_net_limit() -> None:
    given = Gated(Limits(max_net_exposure=D(10_000)))
    given.hold(100)
    assert given.why(BUY, 1, MSFT) == "MAX_NET_EXPOSURE"
    assert given.why(SELL, 150, MSFT) == ""


@pytest.mark.parametrize(
    "limits",
    [
        Limits(max_order_quantity=D(1)),
        Limits(max_order_notional=D(1)),
        Limits(max_position_quantity=D(1)),
        Limits(max_gross_exposure=D(1)),
        Limits(max_net_exposure=D(1)),
        Limits(max_orders_per_second=1),
        Limits(max_orders_per_decision=1),
        Limits(identical_order_window=SECOND * 60),
        Limits(price_collar_percent=D("0.1")),
        Limits(max_reference_age=1),
        Limits(restricted=True),
        Limits(halted=True),
        Limits(long_only=True),
        Limits(session_only=True),
        Limits(no_self_cross=True),
    ],
)
def test_what_only_reduces_passes_every_limit(limits: Limits) -> None:
    given = Gated(limits)
    gate, given.account.gate = given.account.gate, None
    given.hold(100)
    given.account.gate = gate
    for nth in (1, 2):
        given.gate.turn(nth=nth)
        assert given.why(SELL, 50, limit=50 * DOLLAR) == ""


def test_what_goes_on_to_open_the_other_side_does_not() -> None:
    given = Gated(Limits(max_order_quantity=D(100)))
    given.hold(100)
    assert given.why(SELL, 101) == "MAX_ORDER_QUANTITY"


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"limit": 105 * DOLLAR}, ""),
        ({"limit": 105 * DOLLAR + 1}, "PRICE_COLLAR"),
        ({"limit": 95 * DOLLAR}, ""),
        ({"limit": 95 * DOLLAR - 1}, "PRICE_COLLAR"),
        ({"stop": 106 * DOLLAR}, "PRICE_COLLAR"),
        ({"stop": 104 * DOLLAR, "limit": 106 * DOLLAR}, "PRICE_COLLAR"),
        ({}, ""),
    ],
)
def test_limits_and_stops_stay_within_the_collar(terms: dict[str, int], reason: str) -> None:
    assert Gated(Limits(price_collar_percent=D(5))).why(BUY, 1, **terms) == reason


def test_a_collar_needs_a_price_to_go_by() -> None:
    given = Gated(Limits(price_collar_percent=D(5)))
    given.account.position(AAPL).last = 0.0
    assert given.why(BUY, 1, limit=100 * DOLLAR) == "NO_REFERENCE_PRICE"


def test_a_price_grows_stale_where_it_is_live() -> None:
    given = Gated(Limits(max_reference_age=30 * SECOND), is_live=True)
    assert given.why(BUY, 1) == "STALE_REFERENCE_PRICE"  # nobody knows how old it is
    given.gate.marked(AAPL, given.ts)
    given.ts += 29 * SECOND
    assert given.why(BUY, 1) == ""
    assert given.why(BUY, 1) == "STALE_REFERENCE_PRICE"


def test_orders_of_a_second_and_of_a_minute_are_counted_and_only_those_that_passed() -> None:
    given = Gated(Limits(max_orders_per_minute=3))
    reasons = [given.why(BUY, 1) for _ in range(70)]  # one a second
    assert [index for index, reason in enumerate(reasons) if not reason] == [
        0, 1, 2, 60, 61, 62,
    ]  # fmt: skip
    fast = Gated(Limits(max_orders_per_second=2))
    assert [fast.why(BUY, 1) for _ in range(5)] == [""] * 5
    fast.ts -= SECOND
    assert fast.why(BUY, 1) == ""
    fast.ts -= SECOND
    assert fast.why(BUY, 1) == "ORDER_RATE_EXCEEDED"


def test_the_same_order_again_within_the_window_is_refused() -> None:
    given = Gated(Limits(identical_order_window=3 * SECOND))
    assert given.why(BUY, 5, limit=100 * DOLLAR) == ""
    assert given.why(BUY, 5, limit=99 * DOLLAR) == ""
    assert given.why(BUY, 5, limit=100 * DOLLAR) == "IDENTICAL_ORDER"
    assert given.why(BUY, 6, limit=100 * DOLLAR) == ""
    assert given.why(SELL, 5, MSFT, limit=100 * DOLLAR) == ""
    given.ts += 3 * SECOND
    assert given.why(BUY, 5, limit=100 * DOLLAR) == ""


def test_an_order_may_not_meet_one_of_our_own() -> None:
    given = Gated(Limits(no_self_cross=True))
    given.work(SELL, 10, limit=101 * DOLLAR)
    assert given.why(BUY, 20, limit=100 * DOLLAR) == ""
    assert given.why(BUY, 20, limit=101 * DOLLAR) == "SELF_CROSS"
    assert given.why(BUY, 20) == "SELF_CROSS"
    assert given.why(BUY, 20, stop=102 * DOLLAR) == ""
    assert given.why(BUY, 20, MSFT) == ""


def test_a_runaway_decision_is_cut_off_and_trips_the_gate() -> None:
    given = Gated(Limits(max_orders_per_decision=3), strategies={"run_1": "s"})
    reasons = []
    for nth in range(1, 7):
        given.gate.turn("run_1", nth)
        reasons.append(given.why(BUY, 1))
    assert reasons == [""] * 3 + ["RUNAWAY_DECISION"] * 3
    given.gate.turn("run_1", 1)
    assert given.why(BUY, 1) == "RUNAWAY_DECISION"
    given.gate.turn("run_2", 1)
    assert given.why(BUY, 1) == ""
    assert [(trip.reason, trip.run_id) for trip in given.gate.trips] == [
        ("RUNAWAY_DECISION", "run_1")
    ]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(restricted=True), "INSTRUMENT_RESTRICTED"),
        (Limits(halted=True), "INSTRUMENT_HALTED"),
        (Limits(long_only=True), "SHORT_SELLING_NOT_ALLOWED"),
    ],
)
def test_a_ban_of_one_instrument_leaves_the_others_alone(limits: Limits, reason: str) -> None:
    given = Gated(ScopedLimits(Scope(instrument_id=AAPL), limits))
    assert given.why(SELL, 1) == reason
    assert given.why(SELL, 1, MSFT) == ""


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("2014-06-09T13:29:59", "OUTSIDE_SESSION"),
        ("2014-06-09T13:30:00", ""),
        ("2014-06-09T19:59:59", ""),
        ("2014-06-09T20:00:00", "OUTSIDE_SESSION"),
        ("2014-06-14T15:00:00", "OUTSIDE_SESSION"),
    ],
)
def test_orders_pass_in_the_session_only_when_asked_for(time: str, reason: str) -> None:
    given = Gated(Limits(session_only=True))
    at = datetime.fromisoformat(time).replace(tzinfo=UTC)
    given.ts = int(at.timestamp()) * SECOND - SECOND
    assert given.why(BUY, 1) == reason


def test_the_tightest_of_all_that_fit_binds() -> None:
    given = Gated(
        ScopedLimits(Scope(), Limits(max_order_quantity=D(100))),
        ScopedLimits(Scope("acc"), Limits(max_order_quantity=D(50))),
        ScopedLimits(Scope("acc", "calm"), Limits(max_order_quantity=D(20))),
        ScopedLimits(Scope("acc", "", MSFT), Limits(max_order_quantity=D(30))),
        strategies={"run_calm": "calm", "run_wild": "wild"},
    )
    sizes = {}
    for run in ("", "run_calm", "run_wild"):
        for where in (AAPL, MSFT):
            given.gate.turn(run)
            passed = [q for q in (20, 30, 50, 100) if not given.why(BUY, q, where)]
            sizes[run, where] = passed[-1]
    assert sizes == {
        ("", AAPL): 50, ("", MSFT): 30, ("run_calm", AAPL): 20, ("run_calm", MSFT): 20,
        ("run_wild", AAPL): 50, ("run_wild", MSFT): 30,
    }  # fmt: skip


# replacements


def replaced(given: AnAccount, order_id: int, quantity: int, price: int) -> str:
    try:
        given.account.replace(given.ts, order_id, quantity, price * DOLLAR, 0)
    except NotAllowedNow as refusal:
        return refusal.reason
    return ""


@pytest.mark.parametrize(
    ("limits", "quantity", "price", "reason"),
    [
        (Limits(max_order_quantity=D(10)), 11, 100, "MAX_ORDER_QUANTITY"),
        (Limits(max_order_notional=D(1_000)), 10, 101, "MAX_ORDER_NOTIONAL"),
        (Limits(max_position_quantity=D(10)), 11, 100, "MAX_POSITION"),
        (Limits(max_gross_exposure=D(1_000)), 11, 100, "MAX_GROSS_EXPOSURE"),
        (Limits(max_gross_exposure=D(1_000)), 10, 101, ""),
        (Limits(price_collar_percent=D(5)), 10, 106, "PRICE_COLLAR"),
    ],
)
def test_a_replacement_goes_through_the_same_gate(
    limits: Limits, quantity: int, price: int, reason: str
) -> None:
    given = Gated(limits)
    order = given.work(BUY, 10, limit=100 * DOLLAR)
    assert replaced(given, order.order_id, quantity, price) == reason


def test_lesser_terms_always_pass() -> None:
    given = Gated()
    order = given.work(BUY, 10, limit=100 * DOLLAR)
    given.account.gate = Gate([ScopedLimits(Scope(), Limits(restricted=True))])
    assert replaced(given, order.order_id, 10, 101) == "INSTRUMENT_RESTRICTED"
    assert replaced(given, order.order_id, 9, 100) == ""


def test_a_replacement_may_not_cross_an_own_order_but_may_stay_where_it_is() -> None:
    given = Gated(Limits(no_self_cross=True))
    given.work(SELL, 10, limit=102 * DOLLAR)
    order = given.work(BUY, 20, limit=100 * DOLLAR)
    assert replaced(given, order.order_id, 20, 102) == "SELF_CROSS"
    assert replaced(given, order.order_id, 20, 101) == ""


def test_while_halted_a_replacement_may_not_ask_for_more() -> None:
    given = Gated()
    order = given.work(BUY, 10, limit=100 * DOLLAR)
    with pytest.raises(NotAllowedNow) as refusal:
        given.account.replace(given.ts, order.order_id, 11, 100 * DOLLAR, 0, halted="KILL_SWITCH")
    assert refusal.value.reason == "KILL_SWITCH"
    given.account.replace(given.ts, order.order_id, 9, 100 * DOLLAR, 0, halted="KILL_SWITCH")


def test_a_replacement_on_its_way_counts_with_the_larger_of_both_terms() -> None:
    given = Gated(Limits(max_position_quantity=D(100)))
    order = given.work(BUY, 10, limit=99 * DOLLAR)
    assert replaced(given, order.order_id, 60, 99) == ""
    assert given.why(BUY, 41) == "MAX_POSITION"
    assert given.why(BUY, 40) == ""


def test_an_order_may_not_meet_what_a_replacement_on_its_way_makes_of_another() -> None:
    given = Gated(Limits(no_self_cross=True))
    order = given.work(BUY, 10, limit=99 * DOLLAR)
    assert replaced(given, order.order_id, 10, 101) == ""
    assert given.why(SELL, 20, limit=101 * DOLLAR) == "SELF_CROSS"
    assert given.why(SELL, 20, limit=102 * DOLLAR) == ""


def test_the_worse_side_counts_whichever_side_an_order_is_on() -> None:
    given = Gated(Limits(max_gross_exposure=D(10_000)))
    given.work(BUY, 100, limit=100 * DOLLAR)
    given.at(101.0)
    assert given.why(SELL, 10, limit=102 * DOLLAR) == "MAX_GROSS_EXPOSURE"
