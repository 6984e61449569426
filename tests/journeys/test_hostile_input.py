"""Whatever a client sends to whichever call: a status with a reason, never a 500.

One hostile field among good ones is tried by `make verify`.
"""

import grpc
import pytest

from gateway.calls import Call
from tests.journeys.conftest import Platform
from tests.journeys.hostile import CALLS, HOSTILE, Wire, empty, fill


@pytest.fixture(scope="module")
def wire(platform: Platform):
    with grpc.insecure_channel(platform.grpc) as channel:
        yield Wire(platform, channel)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.path)
def test_every_call_is_served_and_takes_hostile_values(wire: Wire, call: Call) -> None:
    wire.send(call, empty(call))
    for text, number in HOSTILE:
        wire.send(call, fill(empty(call), text, number))


def test_the_platform_is_well_after_all_that(rest) -> None:
    assert rest.get("/v1/instruments").status == 200
    assert rest.get("/v1/runs", page_size=1).status == 200
