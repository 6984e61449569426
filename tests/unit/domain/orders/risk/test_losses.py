"""Losses, drawdowns and rejects: what trips the gate, and that it stays tripped."""

from decimal import Decimal

import msgspec
import pytest

from domain.orders.halts import Halt
from domain.orders.risk.gate import Gate
from domain.orders.risk.limits import Limits, Scope, ScopedLimits
from domain.orders.risk.watched import DAY, Watched
from tests.builders import MSFT
from tests.unit.domain.orders.risk.gated import BUY, SELL, Gated

D = Decimal


def tripped(given: Gated) -> list[str]:
    return [trip.reason for trip in given.gate.trips]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(max_daily_loss=D(1_000)), "DAILY_LOSS"),
        (Limits(max_daily_loss_percent=D(1)), "DAILY_LOSS"),
        (Limits(max_drawdown=D(1_000)), "DRAWDOWN"),
        (Limits(max_drawdown_percent=D(1)), "DRAWDOWN"),
    ],
)
def test_a_loss_that_comes_to_its_limit_trips_the_gate_once_and_for_all(
    limits: Limits, reason: str
) -> None:
    given = Gated(limits)
    given.hold(100)
    given.at(90.01)
    assert given.why(BUY, 1) == ""
    given.at(90.0)
    assert tripped(given) == [reason]
    assert given.why(BUY, 1) == reason
    given.at(110.0)
    assert given.why(BUY, 1, MSFT) == reason
    assert given.why(SELL, 100) == ""
    assert tripped(given) == [reason]


def test_realised_losses_and_fees_count_as_unrealised_ones_do() -> None:
    given = Gated(Limits(max_daily_loss=D(1_000)))
    given.trade(BUY, 100, "100")
    given.fill(given.work(SELL, 100), "90.5", fee="50")
    assert given.why(BUY, 1) == "DAILY_LOSS"


def test_a_day_begins_with_what_the_day_before_ended() -> None:
    given = Gated(Limits(max_daily_loss=D(1_000)))
    given.hold(100)
    given.at(95.0)
    given.at(86.0, later=DAY)
    assert given.gate.watched.loss == 900 * 10**9
    assert given.why(BUY, 1) == ""
    given.at(84.0)
    assert given.why(BUY, 1) == "DAILY_LOSS"


def test_a_drawdown_counts_from_the_highest_the_account_ever_stood() -> None:
    given = Gated(Limits(max_drawdown=D(1_000)))
    given.hold(100)
    given.at(120.0)
    given.at(111.0, later=DAY)
    assert given.why(BUY, 1) == ""
    given.at(110.0, later=DAY)
    assert given.why(BUY, 1) == "DRAWDOWN"


def test_a_deposit_is_no_gain() -> None:
    given = Gated(Limits(max_drawdown=D(1_000)))
    given.account.deposit(given.ts, 50_000 * 10**9)
    given.at(100.0)
    assert (given.gate.watched.drawdown, given.gate.watched.peak) == (0, 0)


def test_a_loss_limit_of_a_strategy_halts_its_run_alone() -> None:
    given = Gated(
        ScopedLimits(Scope(strategy_id="wild"), Limits(max_daily_loss=D(500))),
        strategies={"run_wild": "wild", "run_calm": "calm"},
    )
    given.hold(100)
    given.at(94.0)
    given.gate.turn("run_calm")
    assert given.why(BUY, 1) == ""
    given.gate.turn("run_wild")
    assert given.why(BUY, 1) == "DAILY_LOSS"
    assert [trip.run_id for trip in given.gate.trips] == ["run_wild"]


def test_too_many_rejects_of_the_broker_trip_the_gate() -> None:
    given = Gated(Limits(max_reject_percent=D(50)))
    for number in range(10):
        given.gate.answered(given.ts, rejected=number % 2 == 1)
        if number < 9:
            assert given.why(BUY, 1) == ""
    assert tripped(given) == ["REJECT_RATIO"]
    assert given.why(BUY, 1) == "REJECT_RATIO"
    given.gate.halts = ()  # somebody has released it: the answers before it are forgotten
    given.gate.answered(given.ts, rejected=True)
    assert given.why(BUY, 1) == ""


def test_what_is_watched_survives_being_kept() -> None:
    limits = Limits(max_daily_loss=D(1_000), max_drawdown=D(5_000), identical_order_window=10**10)
    given = Gated(limits)
    given.hold(100)
    given.at(120.0)
    kept = msgspec.msgpack.encode(given.gate.watched)
    scoped = [ScopedLimits(Scope(), limits)]
    given.gate = given.account.gate = Gate(scoped, msgspec.msgpack.decode(kept, type=Watched))
    given.at(109.0, later=DAY)
    assert given.why(BUY, 1) == "DAILY_LOSS"


def test_a_trip_that_stands_is_not_told_again() -> None:
    given = Gated(Limits(max_daily_loss=D(500)))
    given.hold(100)
    given.gate.halts = (Halt("DAILY_LOSS"),)
    given.at(90.0)
    assert tripped(given) == []
    assert given.why(BUY, 1) == "DAILY_LOSS"
