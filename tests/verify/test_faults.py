"""Engines that are killed for real, on either store, and what is left when all has come to rest."""

from pathlib import Path

import pytest

from tests.faults.hunt import Hunt, Outcome, Plan
from tests.faults.points import POINTS
from tests.faults.stores import Postgres, SqliteFile

KILLS = 20


async def hunted(folder: Path, store: str, plan: Plan) -> Outcome:
    on = SqliteFile(folder / "engine") if store == "sqlite" else Postgres()
    return await Hunt(folder, on, plan, print)()


def check_zeros(outcome: Outcome) -> None:
    """Nothing is lost, doubled, invented, misbooked or in the way of a replay."""
    assert [str(one) for one in outcome.violations] == []
    assert outcome.wrong == []
    assert (outcome.old_writes, outcome.past_guard) == (0, 0)


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_kills_at_any_instant_lose_and_double_nothing(tmp_path: Path, store: str) -> None:
    outcome = await hunted(tmp_path, store, Plan(kills=KILLS, rate=20.0))
    check_zeros(outcome)
    assert outcome.kills == KILLS
    assert outcome.orders > 5 * KILLS
    assert outcome.faults > KILLS


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_a_kill_at_each_numbered_point_loses_and_doubles_nothing(
    tmp_path: Path, store: str
) -> None:
    outcome = await hunted(tmp_path, store, Plan(points=dict.fromkeys(POINTS, 1), rate=20.0))
    check_zeros(outcome)
    assert outcome.points == dict.fromkeys(POINTS, 1)


async def test_a_holder_that_stands_still_writes_and_sends_nothing_later(tmp_path: Path) -> None:
    outcome = await hunted(tmp_path, "postgres", Plan(stops=10, rate=20.0))
    check_zeros(outcome)
    assert outcome.stops >= 10
    assert outcome.takeovers >= 5
