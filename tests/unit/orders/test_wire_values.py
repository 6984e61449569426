"""Values on the wire."""

from decimal import Decimal

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from adapters.wire.orders import SIDES
from adapters.wire.values import (
    decimal_from_wire,
    decimal_to_wire,
    money_from_wire,
    money_to_wire,
    time_from_wire,
    time_to_wire,
)
from domain.errors import InvalidRequest
from domain.orders.request import Side


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "MISSING_FIELD"),
        ("a", "NOT_A_DECIMAL"),
        ("1e5", "NOT_A_DECIMAL"),
        ("NaN", "NOT_A_DECIMAL"),
        ("Infinity", "NOT_A_DECIMAL"),
        (" 1", "NOT_A_DECIMAL"),
        ("1_000", "NOT_A_DECIMAL"),
        ("٣", "NOT_A_DECIMAL"),
        ("1" * 100, "NOT_A_DECIMAL"),
    ],
)
def test_what_is_no_plain_decimal_is_refused_by_field(text: str, reason: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        decimal_from_wire("quantity", text)
    assert refusal.value.reason == reason
    assert "quantity" in refusal.value.violations


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0", "NOT_POSITIVE"),
        ("-1", "NOT_POSITIVE"),
        ("0.0000000001", "TOO_MANY_DECIMALS"),
        ("99999999999", "OUT_OF_RANGE"),
    ],
)
def test_money_that_cannot_be_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        money_from_wire("capital", text)
    assert refusal.value.reason == reason


@given(st.integers(1, 2**63 - 1))
def test_money_comes_back_as_it_went(amount: int) -> None:
    assert money_from_wire("capital", money_to_wire(amount)) == amount


def test_no_number_is_ever_written_with_an_exponent() -> None:
    assert decimal_to_wire(Decimal("1E+5")) == "100000"
    assert decimal_to_wire(Decimal("0.000000001")) == "0.000000001"


@given(st.integers(-(2**63), 2**63 - 1))
def test_times_come_back_as_they_went(ts: int) -> None:
    assert time_from_wire("time", time_to_wire(ts)) == ts


@pytest.mark.parametrize(
    "time", [Timestamp(seconds=2**40), Timestamp(seconds=1, nanos=-1), Timestamp(nanos=10**9)]
)
def test_a_time_out_of_range_is_refused(time: Timestamp) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        time_from_wire("start_time", time)
    assert refusal.value.reason == "BAD_TIME"


def test_a_choice_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidRequest) as unknown:
        SIDES.from_wire("side", 99)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest) as unset:
        SIDES.from_wire("side", 0)  # type: ignore[arg-type]
    assert (unknown.value.reason, unset.value.reason) == ("UNKNOWN_VALUE", "MISSING_FIELD")
    assert SIDES.from_wire("side", 0, Side.SELL) is Side.SELL  # type: ignore[arg-type]
