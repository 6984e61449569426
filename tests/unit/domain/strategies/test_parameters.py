from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from domain.errors import InvalidRequest
from domain.strategies import Strategy
from domain.strategies.parameters import (
    change_parameters,
    make_strategy,
    parameters_of,
    parse_parameters,
)


@dataclass
class Example(Strategy):
    instrument_id: str
    quantity: Decimal = Decimal(100)
    fast: int = field(default=10, metadata={"doc": "Bars of the fast average."})
    ratio: float = 0.5
    is_long: bool = True
    others: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.fast > 100:
            raise ValueError("fast is too slow")


@dataclass
class Odd(Strategy):
    table: dict[str, int] = field(default_factory=dict)


@dataclass
class Dangling(Strategy):
    thing: "NoSuchType"  # noqa: F821


class Forgotten(Strategy):
    fast: int = 10


def test_fields_are_the_parameters_in_their_order() -> None:
    shown = [(one.name, one.type, one.default, one.is_required) for one in parameters_of(Example)]
    assert shown == [
        ("instrument_id", "str", None, True),
        ("quantity", "Decimal", Decimal(100), False),
        ("fast", "int", 10, False),
        ("ratio", "float", 0.5, False),
        ("is_long", "bool", True, False),
        ("others", "tuple[str, ...]", (), False),
    ]
    assert parameters_of(Example)[2].doc == "Bars of the fast average."


def test_text_becomes_typed_values() -> None:
    text = {"quantity": "2.5", "fast": "7", "ratio": "1e-3", "is_long": "False", "others": "A, B"}
    assert parse_parameters(Example, text) == {
        "quantity": Decimal("2.5"), "fast": 7, "ratio": 0.001, "is_long": False,
        "others": ("A", "B"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [("fast", "ten"), ("fast", "1.5"), ("fast", "9" * 5000), ("ratio", "nan"), ("ratio", "inf"),
     ("ratio", ""), ("is_long", "1"), ("quantity", "1e5"), ("quantity", "NaN")],
)  # fmt: skip
def test_a_value_of_another_type_names_its_field(name: str, text: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse_parameters(Example, {name: text})
    assert refusal.value.reason == "INVALID_PARAMETER"
    assert list(refusal.value.violations) == [f"parameters.{name}"]


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse_parameters(Example, {"fsat": "1", "fast": "x"})
    assert refusal.value.reason == "UNKNOWN_PARAMETER"
    assert set(refusal.value.violations) == {"parameters.fsat", "parameters.fast"}


def test_a_strategy_is_made_with_the_instrument_it_trades() -> None:
    made = make_strategy(Example, {"fast": "3"}, ["AAPL.XNAS"])
    assert made == Example("AAPL.XNAS", fast=3)
    assert make_strategy(Example, {"instrument_id": "X"}, ["AAPL.XNAS"]) == Example("X")


def test_a_required_parameter_must_be_given() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        make_strategy(Example, {})
    assert refusal.value.reason == "MISSING_PARAMETER"
    assert list(refusal.value.violations) == ["parameters.instrument_id"]


def test_the_authors_own_checks_refuse_as_well() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        make_strategy(Example, {"fast": "101"}, ["A"])
    assert refusal.value.reason == "INVALID_PARAMETER"
    assert "fast is too slow" in refusal.value.message


@pytest.mark.parametrize(
    ("strategy", "reason"),
    [(Odd, "UNSUPPORTED_PARAMETER_TYPE"), (Dangling, "BAD_STRATEGY"), (Forgotten, "BAD_STRATEGY")],
)
def test_what_cannot_be_a_parameter_is_said(strategy: type[Strategy], reason: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parameters_of(strategy)
    assert refusal.value.reason == reason


def test_a_strategy_without_fields_has_no_parameters() -> None:
    class Plain(Strategy):
        pass

    assert parameters_of(Plain) == ()
    assert isinstance(make_strategy(Plain, {}), Plain)


def test_a_strategy_at_work_gets_other_values_and_keeps_what_it_learnt() -> None:
    @dataclass
    class Learns(Strategy):
        fast: int = 5
        slow: int = 20

        def __post_init__(self) -> None:
            if self.fast >= self.slow:
                raise ValueError("fast must be below slow")

    strategy = make_strategy(Learns, {"fast": "6", "slow": "30"})
    strategy.learnt = "much"  # type: ignore[attr-defined]
    change_parameters(strategy, {"fast": "7"})
    assert vars(strategy) == {"fast": 7, "slow": 20, "learnt": "much"}
    with pytest.raises(InvalidRequest, match="fast must be below slow"):
        change_parameters(strategy, {"fast": "50"})
    assert vars(strategy)["fast"] == 7
