"""Wherever a run's process dies, the run goes on as if it had not."""

from pathlib import Path

from domain.strategies.run import RunState
from tests.integration.runs.restarts import copied, lived, prepared, what_is_left

DAYS = 24
DEATHS = 12  # of some hundreds; tests/verify dies at every step


async def test_a_run_killed_at_any_step_ends_with_the_same_books(tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    run = await prepared(tmp_path / "new", DAYS)
    whole = copied(tmp_path / "new", tmp_path / "whole")
    steps = await lived(whole, run)
    expected = await what_is_left(whole, run)
    assert expected.state[:2] == (RunState.FINISHED, DAYS)
    assert len(expected.fills) > 5
    assert len(expected.at_broker) == len(set(expected.at_broker))
    assert steps > 20 * DEATHS
    for death in range(1, DEATHS + 1):
        dies_at = steps * death // (DEATHS + 1) + death % 5
        folder = copied(tmp_path / "new", tmp_path / f"{dies_at}")
        await lived(folder, run, dies_at)
        await lived(folder, run)
        left = await what_is_left(folder, run)
        assert left == expected, f"died at step {dies_at} of {steps}"
