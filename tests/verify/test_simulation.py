"""A thousand worlds of two hundred orders; and each broken promise is found by its seeds."""

import os

import pytest

from tests.simulation.campaign import Plan, run, run_seed
from tests.simulation.mutants import MUTANTS

pytestmark = pytest.mark.alone

SEEDS, ORDERS = 1000, 200
WORKERS = min(2, os.cpu_count() or 1)


def test_no_promise_is_broken_in_any_seed() -> None:
    total = run(Plan(range(SEEDS), ORDERS, workers=WORKERS, twice=10))
    print(total)
    assert total.found == {}
    assert total.seeds == SEEDS
    assert total.repeated == SEEDS // 10
    assert total.orders > SEEDS * ORDERS * 0.95
    assert total.faults > total.orders * 0.8
    assert total.crashes > SEEDS


def test_fifty_seeds_hold_in_the_loop_of_asyncio_too() -> None:
    total = run(Plan(range(1000, 1050), ORDERS, "asyncio", workers=WORKERS, twice=10))
    print(total)
    assert total.found == {}


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_broken_promise_is_found(name: str) -> None:
    mutant = MUTANTS[name]
    plan = Plan(range(1), ORDERS, mutant=name)
    found = [seed for seed in mutant.seeds if run_seed(plan, seed)[0].violations]
    assert found, f"none of {mutant.seeds} shows that {mutant.breaks}"
