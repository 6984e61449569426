"""A run that was killed on its way replays to the decisions it would have made in one piece."""

from pathlib import Path

from domain.strategies.replay_result import ReplayVerdict, RunReplay
from domain.strategies.run import Run
from tests.houses import a_house
from tests.in_process import InProcess
from tests.integration.runs.conftest import OrdersIn
from tests.integration.runs.restarts import commands_at, copied, lived, prepared
from tests.integration.runs.test_replay import replayed

DEATHS = 12


async def test_a_run_that_was_killed_on_its_way_replays_to_the_same_hash(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    commands = commands_at(3, 6, 8, 10, 12)
    run = await prepared(tmp_path / "new", 16)
    whole = copied(tmp_path / "new", tmp_path / "whole")
    steps = await lived(whole, run, commands=commands)
    expected = await replayed_in(whole, run)
    assert_equal(expected)
    for death in range(1, DEATHS + 1):
        dies_at = steps * death // (DEATHS + 1) + death % 5
        folder = copied(tmp_path / "new", tmp_path / f"{dies_at}")
        await lived(folder, run, dies_at, commands)
        assert_equal(await replayed_in(folder, run))  # as far as it came
        await lived(folder, run, commands=commands)
        result = await replayed_in(folder, run)
        assert_equal(result)
        assert result.recorded_hash == expected.recorded_hash, f"died at {dies_at} of {steps}"
        # What the broker was asked about its doubts is in the log as well.
        assert result.account.version >= expected.account.version


def assert_equal(result: RunReplay) -> None:
    assert (result.verdict, result.difference) == (ReplayVerdict.EQUAL, None)
    assert result.recorded_hash == result.replayed_hash
    assert result.account.is_equal


async def replayed_in(folder: Path, run: Run) -> RunReplay:
    """The replay of the run in that folder, in which nobody else is at work."""
    orders = OrdersIn(folder)
    async with a_house(folder, orders, processes=InProcess()) as house:
        found = await replayed(house, orders.now, run.run_id)
    orders.close()
    return found
