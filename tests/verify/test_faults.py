"""An engine that is killed for real, and what is left when all has come to rest.

`python -m tests.faults` does the same on PostgreSQL, and stops holders of the lease there.
"""

from pathlib import Path

from tests.faults.hunt import Hunt, Outcome, Plan
from tests.faults.points import POINTS
from tests.faults.stores import SqliteFile

KILLS = 20


async def hunted(folder: Path, plan: Plan) -> Outcome:
    return await Hunt(folder, SqliteFile(folder / "engine"), plan, print)()


def check_zeros(outcome: Outcome) -> None:
    """Nothing is lost, doubled, invented, misbooked or in the way of a replay."""
    assert [str(one) for one in outcome.violations] == []
    assert outcome.wrong == []
    assert (outcome.old_writes, outcome.past_guard) == (0, 0)


async def test_kills_at_any_instant_lose_and_double_nothing(tmp_path: Path) -> None:
    outcome = await hunted(tmp_path, Plan(kills=KILLS, rate=20.0))
    check_zeros(outcome)
    assert outcome.kills == KILLS
    assert outcome.orders > KILLS


async def test_a_kill_at_each_numbered_point_loses_and_doubles_nothing(tmp_path: Path) -> None:
    outcome = await hunted(tmp_path, Plan(points=dict.fromkeys(POINTS, 1), rate=20.0))
    check_zeros(outcome)
    assert set(outcome.points) == set(POINTS)
