"""What a parity report says of two records, and that its parts add up to the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.errors import InvalidRequest, NotAllowedNow
from domain.instruments import Instrument
from domain.orders.request import OrderType, Side
from domain.reports.parity.records import Decided, Record, RecordKind, Traded
from domain.reports.parity.report import Parity, compare
from domain.reports.parity.shares import Component, shares

AAPL = Instrument("AAPL.XNAS", "AAPL", "XNAS")
DAY = 86_400 * 10**9
DOLLAR = AAPL.price_factor
UNIT = AAPL.money_factor
MONEY = 10**9

SIGNAL, TIMING, PRICE, QUANTITY, FEE = Component


def bought(day: int, quantity: int = 10, at: int = 100, request: int = 0, **other) -> Decided:
    """Decided at the close of a day and filled at the open of the next, in whole dollars."""
    fill = Traded((day + 1) * DAY, at * DOLLAR, quantity, other.pop("fee", 0))
    other = {"side": Side.BUY, "fills": (fill,), **other}
    return Decided(request=request or day, ts=day * DAY, quantity=quantity, **other)


def sold(day: int, quantity: int = 10, at: int = 100, request: int = 0, **other) -> Decided:
    return bought(day, quantity, at, request, side=Side.SELL, **other)


def record(*decided: Decided, **other) -> Record:
    return Record(
        **{
            "id": "run_1",
            "kind": RecordKind.RUN,
            "strategy_id": "sma-cross",
            "version_id": "v1",
            "parameters": {"fast": "10"},
            "instrument": AAPL,
            "timeframe": "1d",
            "currency": "USD",
            "start_ts": 0,
            "end_ts": 100 * DAY,
            "mark": 120 * DOLLAR,
            "decided": decided,
            **other,
        }
    )


def parts(report: Parity) -> dict[Component, tuple[int, int]]:
    """Count and whole money of each component that is there."""
    return {
        component: (share.decision_count, share.amount // MONEY)
        for component, share in report.shares.items()
        if share.decision_count
    }


def texts(report: Parity) -> list[str]:
    return [one.text for row in report.rows for one in row.differences]


def test_equal_records_are_equal():
    report = compare(record(bought(1), sold(5, at=110)), record(bought(1), sold(5, at=110)))
    assert report.is_equal
    assert report.difference == 0
    assert report.equal_count == len(report.rows) == 2
    assert report.left.result == 100 * MONEY
    assert parts(report) == {}


def test_a_decision_of_one_side_is_a_signal():
    report = compare(record(bought(1), sold(5, at=110)), record(bought(1)))
    assert parts(report) == {SIGNAL: (1, -100)}, "sold at 110 what is worth 120"
    assert texts(report) == ["decided on the left only"]
    assert report.difference == -100 * MONEY


def test_another_quantity_wanted_is_a_signal():
    report = compare(record(bought(1, 12)), record(bought(1, 10)))
    assert parts(report) == {SIGNAL: (1, 40)}
    assert texts(report) == ["wanted BUY 12 MARKET DAY instead of BUY 10 MARKET DAY"]


def test_another_side_is_a_signal_on_each():
    report = compare(record(bought(1)), record(sold(1)))
    assert parts(report) == {SIGNAL: (2, 400)}


def test_another_limit_is_a_signal():
    limits = [bought(1, order_type=OrderType.LIMIT, limit_price=at * DOLLAR) for at in (101, 102)]
    report = compare(record(limits[0]), record(limits[1]))
    assert parts(report) == {SIGNAL: (1, 0)}
    assert texts(report) == ["wanted BUY 10 LIMIT 101 DAY instead of BUY 10 LIMIT 102 DAY"]


def test_what_was_decided_a_day_later_is_timing():
    left, right = bought(2, at=101, request=1), bought(1, at=100, request=1)
    report = compare(record(left), record(right))
    assert parts(report) == {TIMING: (1, -10)}
    assert texts(report) == ["decided 1 d later"]


def test_of_another_mind_a_decision_at_another_time_is_another_decision():
    left, right = bought(2, at=101, request=1), bought(1, at=100, request=1)
    report = compare(record(left), record(right, parameters={"fast": "12"}))
    assert parts(report) == {SIGNAL: (2, -10)}
    assert report.notes == ("parameter fast is 10 on the left, 12 on the right",)


def test_a_later_fill_is_timing_whatever_its_price():
    late = replace(bought(1), fills=(Traded(3 * DAY + 3_600 * 10**9, 99 * DOLLAR, 10),))
    report = compare(record(late), record(bought(1)))
    assert parts(report) == {TIMING: (1, 10)}
    assert texts(report) == ["filled 1 d 1 h later"]


def test_another_price_at_the_same_time_is_price():
    report = compare(record(sold(1, at=99)), record(sold(1, at=100)))
    assert parts(report) == {PRICE: (1, -10)}
    assert texts(report) == ["filled at 99 instead of 100"]


def test_a_smaller_fill_is_quantity():
    part = replace(bought(1), fills=(Traded(2 * DAY, 100 * DOLLAR, 4),))
    report = compare(record(part), record(bought(1)))
    assert parts(report) == {QUANTITY: (1, -120)}, "six that rose from 100 to 120"
    assert texts(report) == ["filled 4 instead of 10"]


def test_a_refusal_of_one_side_is_quantity():
    refused = replace(bought(1), fills=(), reason="INSUFFICIENT_BUYING_POWER")
    report = compare(record(refused), record(bought(1)))
    assert parts(report) == {QUANTITY: (1, -200)}
    assert texts(report) == ["refused (INSUFFICIENT_BUYING_POWER) instead of let pass"]


def test_another_fee_is_fee():
    report = compare(record(bought(1, fee=3 * MONEY)), record(bought(1, fee=MONEY)))
    assert parts(report) == {FEE: (1, -2)}
    assert report.left.fees == 3 * MONEY


def test_the_same_in_other_pieces_is_equal():
    pieces = (Traded(2 * DAY, 100 * DOLLAR, 3), Traded(2 * DAY, 100 * DOLLAR, 7))
    assert compare(record(replace(bought(1), fills=pieces)), record(bought(1))).is_equal


def test_numbers_that_shifted_hide_no_equal_decision():
    left = record(bought(1, request=1), bought(3, request=2), sold(5, request=3))
    right = record(bought(3, request=1), sold(5, request=2))
    report = compare(left, right)
    assert report.equal_count == 2
    assert parts(report) == {SIGNAL: (1, 200)}


def test_only_the_span_of_both_is_compared():
    long = record(bought(1), bought(20), bought(50), bought(80))
    short = record(bought(20), bought(50), start_ts=10 * DAY, end_ts=50 * DAY, mark=130 * DOLLAR)
    report = compare(long, short)
    assert (report.start_ts, report.end_ts) == (10 * DAY, 50 * DAY)
    assert report.mark == 130 * DOLLAR, "of the record that ends there"
    assert len(report.rows) == 2
    # The order of day 50 fills behind the span, whoever has it.
    assert report.left.result == 300 * MONEY
    assert report.is_equal


def test_what_is_not_comparable_is_refused():
    other = Instrument("MSFT.XNAS", "MSFT", "XNAS")
    for change in ({"instrument": other}, {"timeframe": "1m"}, {"strategy_id": "mine"}):
        with pytest.raises(InvalidRequest) as refused:
            compare(record(), record(**change))
        assert refused.value.reason == "NOT_COMPARABLE"
    with pytest.raises(NotAllowedNow) as nothing:
        compare(record(end_ts=DAY), record(start_ts=2 * DAY))
    assert nothing.value.reason == "NOTHING_IN_COMMON"


FILLS = st.builds(
    Traded,
    ts=st.integers(0, 5).map(lambda day: day * DAY),
    price=st.integers(1, 30_000),
    quantity=st.integers(1, 50),
    fee=st.integers(0, 10**12),
)
DECISIONS = st.builds(
    Decided,
    request=st.integers(1, 6),
    ts=st.integers(0, 4).map(lambda day: day * DAY),
    side=st.sampled_from(Side),
    quantity=st.sampled_from([10, 20]),
    limit_price=st.sampled_from([0, 100]),
    reason=st.sampled_from(["", "MAX_POSITION"]),
    fills=st.lists(FILLS, max_size=3).map(lambda fills: tuple(sorted(fills, key=lambda f: f.ts))),
)


@given(DECISIONS | st.none(), DECISIONS, st.integers(0, 30_000))
def test_components_of_a_decision_add_up_to_its_difference(left, right, mark):
    gained = left.gain(mark, UNIT) if left is not None else 0
    assert sum(shares(left, right, mark, UNIT).values()) == gained - right.gain(mark, UNIT)


@given(st.lists(DECISIONS, max_size=6), st.lists(DECISIONS, max_size=6), st.booleans())
def test_components_of_a_report_add_up_to_the_difference_of_the_results(left, right, same_mind):
    other = {} if same_mind else {"parameters": {"fast": "12"}}
    report = compare(record(*left), record(*right, **other))
    assert sum(share.amount for share in report.shares.values()) == report.difference
    assert sum(row.amount for row in report.rows) == report.difference
    assert len(report.rows) == len({id(one) for one in left}) + len(right) - sum(
        row.left is not None and row.right is not None for row in report.rows
    )
    mirrored = compare(record(*right, **other), record(*left))
    assert mirrored.difference == -report.difference


@given(st.lists(DECISIONS, max_size=6))
def test_a_record_equals_itself(decided):
    report = compare(record(*decided), record(*decided))
    assert report.is_equal
    assert report.difference == 0
