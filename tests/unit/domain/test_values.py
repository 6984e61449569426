from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidRequest
from domain.values import (
    from_scaled,
    money_to_decimal,
    money_to_int,
    parse_decimal,
    to_scaled,
)

SCALED = st.integers(-(2**63) + 1, 2**63 - 1)


@given(SCALED, st.integers(0, 9))
def test_a_scaled_number_survives_the_way_to_the_edge_and_back(value: int, decimals: int) -> None:
    assert to_scaled(from_scaled(value, decimals), decimals, "price") == value


@given(SCALED, st.integers(0, 9))
def test_scaling_does_not_depend_on_the_decimal_context_of_the_author(
    value: int, decimals: int
) -> None:
    with localcontext(prec=3):
        assert to_scaled(from_scaled(value, decimals), decimals, "price") == value


@given(st.lists(st.integers(-(10**17), 10**17), max_size=20))
def test_money_adds_up_exactly(amounts: list[int]) -> None:
    assert money_to_int(sum(map(money_to_decimal, amounts), Decimal(0))) == sum(amounts)


@pytest.mark.parametrize(
    ("text", "scaled"),
    [("189.32", 189_320_000), ("0.1", 100_000), ("-1.5", -1_500_000), ("1.500000000", 1_500_000),
     ("0e-99", 0), ("1E+3", 1_000_000_000), ("0E+99999999", 0)],
)  # fmt: skip
def test_decimals_scale_exactly(text: str, scaled: int) -> None:
    assert to_scaled(Decimal(text), 6, "price") == scaled


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("0.0000001", "TOO_MANY_DECIMALS"),
        ("NaN", "NOT_A_DECIMAL"),
        ("sNaN", "NOT_A_DECIMAL"),
        ("-Infinity", "NOT_A_DECIMAL"),
        ("1E+999999999", "OUT_OF_RANGE"),
        ("9223372036854.775808", "OUT_OF_RANGE"),
        ("1E-999999999", "TOO_MANY_DECIMALS"),
    ],
)
def test_what_cannot_be_scaled_is_refused_and_names_the_field(number: str, reason: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        to_scaled(Decimal(number), 6, "limit_price")
    assert refusal.value.reason == reason
    assert "limit_price" in refusal.value.violations


@pytest.mark.parametrize(
    "text", ["", "1e5", "NaN", "1_000", " 1", "1 ", "1,5", "0x10", "٣", ".5", "5.", "1" * 19, "--1"]
)
def test_only_plain_numbers_are_numbers(text: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse_decimal(text, "quantity")
    assert refusal.value.reason == "NOT_A_DECIMAL"
    assert list(refusal.value.violations) == ["quantity"]


def test_plain_numbers_are_taken_exactly() -> None:
    assert parse_decimal("189.320000000000000001", "price") == Decimal("189.320000000000000001")
