"""The three-way compare: each difference is one finding, whatever else differs."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from domain.orders.ledger import Ledger
from domain.orders.reconciliation.books import LogBroken, Shadow
from domain.orders.reconciliation.breaks import BreakKind, Fix
from domain.orders.reconciliation.compare import compare
from domain.orders.request import Side
from tests.builders import AAPL, MSFT
from tests.unit.domain.orders.three_sides import ELSEWHERE, ThreeSides


def a_traded_account(seed: int, trades: int) -> ThreeSides:
    """Orders filled in part, in whole, canceled and open, at random."""
    sides, dice = ThreeSides(), random.Random(seed)
    for _ in range(trades):
        order = sides.order(dice.choice(list(Side)), dice.randint(2, 50), dice.choice([AAPL, MSFT]))
        for _ in range(dice.randint(0, 3)):
            left = order.quantity - order.filled_quantity
            if left > 1:
                fee = dice.choice([0, 10**9])
                sides.trade(order, dice.randint(1, left - 1), dice.randint(90, 110), fee)
        if dice.random() < 0.3:
            sides.cancel(order)
        elif dice.random() < 0.5 and (left := order.quantity - order.filled_quantity):
            sides.trade(order, left, dice.randint(90, 110))
    return sides


def _missing_fill(sides: ThreeSides, dice: random.Random) -> BreakKind:
    sides.execute(sides.order(Side.BUY, 10), dice.randint(1, 10), dice.randint(90, 110))
    return BreakKind.MISSING_FILL


def _duplicate_fill(sides: ThreeSides, dice: random.Random) -> BreakKind:
    order = sides.order(Side.SELL, 20)
    sides.trade(order, dice.choice([5, 20]), dice.randint(90, 110), 10**9)
    sides.book_again(order, sides.fills[-1])
    return BreakKind.DUPLICATE_FILL


def _manual_trade(sides: ThreeSides, dice: random.Random) -> BreakKind:
    for _ in range(dice.randint(1, 3)):
        sides.trade_by_hand(dice.randint(1, 9), dice.randint(90, 110))
    return BreakKind.UNKNOWN_ORDER


def _working_by_hand(sides: ThreeSides, dice: random.Random) -> BreakKind:
    sides.work_by_hand()
    return BreakKind.UNKNOWN_ORDER


def _phantom_position(sides: ThreeSides, dice: random.Random) -> BreakKind:
    sides.held_at_broker[ELSEWHERE] += dice.choice([-3, 4])
    return BreakKind.PHANTOM_POSITION


def _phantom_row(sides: ThreeSides, dice: random.Random) -> BreakKind:
    sides.row_off["GE.XNYS"] = dice.choice([-3, 4])
    return BreakKind.PHANTOM_POSITION


def _cash_drift(sides: ThreeSides, dice: random.Random) -> BreakKind:
    sides.cash_at_broker += dice.choice([-1, 1, 10**9])
    return BreakKind.CASH_DRIFT


def _order_over_there(sides: ThreeSides, dice: random.Random) -> BreakKind:
    sides.forget(sides.order(Side.BUY, 10))
    return BreakKind.ORDER_STATE


DIFFERENCES = (
    _missing_fill,
    _duplicate_fill,
    _manual_trade,
    _working_by_hand,
    _phantom_position,
    _phantom_row,
    _cash_drift,
    _order_over_there,
)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), trades=st.integers(0, 12))
def test_where_all_agree_nothing_is_found(seed: int, trades: int) -> None:
    assert a_traded_account(seed, trades).findings() == ()


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    trades=st.integers(0, 6),
    wanted=st.sets(st.sampled_from(DIFFERENCES), min_size=1),
)
def test_random_differences_are_each_found_once(seed: int, trades: int, wanted: set) -> None:
    sides, dice = a_traded_account(seed, trades), random.Random(seed)
    expected = sorted(make(sides, dice) for make in sorted(wanted, key=lambda one: one.__name__))
    assert sides.kinds() == expected
    keys = [one.key for one in sides.findings()]
    assert len(keys) == len(set(keys))


def test_the_figures_of_all_sides_are_said() -> None:
    sides = ThreeSides()
    sides.trade(sides.order(Side.BUY, 10), 10, 100)
    sides.held_at_broker[AAPL] += 5
    [one] = sides.findings()
    assert (one.kind, one.fix) == (BreakKind.POSITION_MISMATCH, Fix.ADJUST_POSITION)
    assert (one.figures.broker, one.figures.books, one.figures.log) == ("15", "10", "10")


def test_what_broker_and_books_agree_on_against_the_log_is_for_a_person() -> None:
    sides = ThreeSides()
    sides.held_at_broker[MSFT] += 5
    sides.row_off[MSFT] = 5
    [one] = sides.findings()
    assert (one.kind, one.fix) == (BreakKind.LOG_MISMATCH, Fix.NONE)


def test_cash_that_drifts_in_our_books_is_rebuilt() -> None:
    sides = ThreeSides()
    sides.row_cash_off = 5
    [one] = sides.findings()
    assert (one.kind, one.fix) == (BreakKind.CASH_DRIFT, Fix.REBUILD_BOOKS)


def test_cash_within_the_tolerance_forbids_nothing() -> None:
    sides = ThreeSides()
    sides.cash_at_broker += 5
    books, shadow = sides.books(), Shadow()
    shadow.follow(books)
    [one] = compare(sides.statement(), books, shadow, sides.instruments, cash_tolerance=5)
    assert not one.is_material


def test_an_event_that_is_missing_breaks_the_log() -> None:
    sides = ThreeSides()
    sides.trade(sides.order(Side.BUY, 10), 10, 100)
    whole = sides.books()
    holed = structs.replace(whole, log=whole.log[:3] + whole.log[4:])
    with pytest.raises(LogBroken):
        Shadow().follow(holed)
    [one] = compare(sides.statement(), sides.books(), None, sides.instruments, broken="why")
    assert (one.kind, one.fix) == (BreakKind.LOG_MISMATCH, Fix.NONE)


def test_entries_that_are_not_the_log_are_an_imbalance() -> None:
    sides = ThreeSides()
    books, shadow = sides.books(), Shadow()
    shadow.follow(books)
    shadow.entries = Ledger(1)
    [one] = compare(sides.statement(), books, shadow, sides.instruments)
    assert one.kind is BreakKind.LEDGER_IMBALANCE


def test_a_fill_whose_row_is_gone_is_not_booked_twice() -> None:
    sides = ThreeSides()
    sides.trade(sides.order(Side.BUY, 10), 10, 100)
    sides.fills.clear()
    [one] = sides.findings()
    assert (one.kind, one.fix) == (BreakKind.LOG_MISMATCH, Fix.NONE)
