"""The cases of tests/fuzz are what they claim to be, for every request that there is."""

import pytest
from google.protobuf.descriptor_pool import Default
from google.protobuf.message_factory import GetMessageClass

from apps.interceptors.rules import check_rules
from domain.errors import InvalidRequest
from gateway.calls import Call, read_calls
from tests.fuzz.requests import Case, Maker
from tests.unit.gateway.standin import registrations

registrations()  # loads the generated code of every service
COUNT = 40


@pytest.mark.parametrize("call", read_calls(), ids=lambda call: call.path)
def test_good_ones_keep_every_rule_and_spoilt_ones_break_that_of_a_field(call: Call) -> None:
    method = Default().FindServiceByName(call.service).FindMethodByName(call.method)
    request = GetMessageClass(method.input_type)
    for case in Maker(request, lambda name, dice: "", call.path).cases(COUNT):
        if case.kind == "good":
            check_rules(request.FromString(case.content))
        elif case.kind == "spoilt":
            with pytest.raises(InvalidRequest) as refused:
                check_rules(request.FromString(case.content))
            assert names(case, refused.value), (case, refused.value)


def test_the_same_seed_makes_the_same_cases() -> None:
    request = GetMessageClass(
        Default().FindMessageTypeByName("trademesh.orders.v1.PlaceOrderRequest")
    )
    first, second = (
        list(Maker(request, lambda name, dice: "", "seed").cases(COUNT)) for _ in range(2)
    )
    assert first == second


def names(case: Case, refused: InvalidRequest) -> bool:
    """Whether the field that was spoilt is the only one refused."""
    return all(
        field == case.field or field.startswith(f"{case.field}.") for field in refused.violations
    )
