"""Fifty worlds of faults, in each of which every promise is kept."""

import pytest

from tests.simulation.campaign import Plan, run

ORDERS = 60


@pytest.mark.parametrize("first", range(0, 48, 8))
def test_no_promise_is_broken_in_virtual_time(first: int) -> None:
    total = run(Plan(range(first, first + 8), ORDERS, twice=8))
    assert total.found == {}
    assert total.orders > 8 * ORDERS * 0.9
    assert total.faults > 100
    assert total.repeated == 1


def test_nor_in_the_loop_of_asyncio() -> None:
    total = run(Plan(range(48, 50), ORDERS, "asyncio", twice=1))
    assert total.found == {}
    assert total.repeated == 1 + 1
