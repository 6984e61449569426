"""Wherever a run's process dies, the run goes on as if it had not."""

from pathlib import Path

import pytest

from domain.strategies.run import RunState
from tests.integration.runs.restarts import (
    COMPARED,
    NO_COMMANDS,
    Commands,
    commands_at,
    copied,
    lived,
    prepared,
    what_is_left,
)

DAYS = 24
DEATHS = 4  # of some hundreds; tests/verify dies at every step


@pytest.mark.parametrize(
    "commands", [NO_COMMANDS, commands_at(4, 8, 11, 15, 18)], ids=["alone", "with commands"]
)
async def test_a_run_killed_at_any_step_ends_with_the_same_books(
    tmp_path: Path, commands: Commands
) -> None:
    new = tmp_path / "new"
    new.mkdir()
    run = await prepared(tmp_path / "new", DAYS)
    whole = copied(tmp_path / "new", tmp_path / "whole")
    steps = await lived(whole, run, commands=commands)
    expected = await what_is_left(whole, run)
    assert expected.state[:2] == (RunState.FINISHED, DAYS)
    assert len(expected.fills) > 5
    reasons = {order[COMPARED.index("reason")] for order in expected.orders}
    assert ("RUN_PAUSED" in reasons) is bool(commands)
    assert len(expected.at_broker) == len(set(expected.at_broker))
    assert steps > 20 * DEATHS
    for death in range(1, DEATHS + 1):
        dies_at = steps * death // (DEATHS + 1) + death % 5
        folder = copied(tmp_path / "new", tmp_path / f"{dies_at}")
        await lived(folder, run, dies_at, commands)
        await lived(folder, run, commands=commands)
        left = await what_is_left(folder, run)
        assert left == expected, f"died at step {dies_at} of {steps}"
