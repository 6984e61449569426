"""Engines that are killed and stopped for real, and what is left when all has come to rest.

`python -m tests.faults` does the same for longer, and tells how soon each goes on.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.hunt import Hunt, Outcome, Plan, Store
from tests.faults.points import POINTS
from tests.faults.stores import Postgres, SqliteFile

KILLS, STOPS = 20, 10
STORES: dict[str, Callable[[Path], Store]] = {
    "sqlite": lambda folder: SqliteFile(folder / "engine"),
    "postgres": lambda _folder: Postgres(),
}


@pytest.fixture
def folder() -> Iterator[Path]:
    """With a short name: sockets are in it."""
    with tempfile.TemporaryDirectory(prefix="tm-") as name:
        yield Path(name)


async def hunted(folder: Path, store: str, plan: Plan) -> Outcome:
    return await Hunt(folder, STORES[store](folder), plan, print)()


def check_zeros(outcome: Outcome) -> None:
    """Nothing is lost, doubled, invented, misbooked or in the way of a replay."""
    assert [str(one) for one in outcome.violations] == []
    assert outcome.wrong == []
    assert (outcome.old_writes, outcome.past_guard) == (0, 0)


@pytest.mark.parametrize("store", STORES)
async def test_kills_at_any_instant_lose_and_double_nothing(folder: Path, store: str) -> None:
    outcome = await hunted(folder, store, Plan(kills=KILLS))
    check_zeros(outcome)
    assert outcome.kills == KILLS
    assert outcome.orders > 5 * KILLS
    assert outcome.faults > KILLS


@pytest.mark.parametrize("store", STORES)
async def test_a_kill_at_each_numbered_point_loses_and_doubles_nothing(
    folder: Path, store: str
) -> None:
    outcome = await hunted(folder, store, Plan(points=dict.fromkeys(POINTS, 1)))
    check_zeros(outcome)
    assert outcome.points == dict.fromkeys(POINTS, 1)


async def test_a_holder_that_stands_still_writes_and_sends_nothing_later(folder: Path) -> None:
    outcome = await hunted(folder, "postgres", Plan(stops=STOPS))
    check_zeros(outcome)
    assert outcome.stops >= STOPS
    assert outcome.takeovers
