"""Limits on the wire: every one of them, both ways, and what is none is refused by its name."""

from decimal import Decimal

import pytest

from adapters.wire.risk import WINDOWS, limits_from_wire, limits_to_wire
from domain.errors import InvalidRequest
from domain.orders.risk.limits import NO_LIMITS, Limits
from trademesh.orders.v1 import risk_pb2 as pb


def test_every_limit_has_its_field() -> None:
    fields = {field.name for field in pb.Limits.DESCRIPTOR.fields}
    assert {WINDOWS.get(name, name) for name in Limits.__struct_fields__} == fields


def test_every_limit_comes_through_both_ways() -> None:
    wire = pb.Limits()
    for number, field in enumerate(wire.DESCRIPTOR.fields, 1):
        values = {9: f"{number}.5", 5: number, 8: True}
        setattr(wire, field.name, values[field.type])
    limits = limits_from_wire("limits", wire)
    assert limits_to_wire(limits) == wire
    assert limits.max_order_quantity == Decimal("1.5")
    assert limits.identical_order_window == 20 * 10**9
    assert all(getattr(limits, name) for name in Limits.__struct_fields__)


def test_what_is_not_set_is_no_limit() -> None:
    assert limits_from_wire("limits", pb.Limits()) == NO_LIMITS
    assert limits_to_wire(NO_LIMITS) == pb.Limits()


@pytest.mark.parametrize("text", ["", "1e9", "NaN", "ten", " 1"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        limits_from_wire("risk_limits.limits", pb.Limits(max_drawdown=text))
    assert list(refused.value.violations) == ["risk_limits.limits.max_drawdown"]
