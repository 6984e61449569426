"""The long forms of tests/integration/runs: all of the history, and death at every step."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.sample_data.loader import SampleData
from tests.houses import a_house, keep
from tests.integration.runs.conftest import OrdersIn
from tests.integration.runs.restarts import (
    NO_COMMANDS,
    Commands,
    commands_at,
    copied,
    lived,
    prepared,
    what_is_left,
)
from tests.integration.runs.test_parity import same
from tests.strategy_sources import LIBRARY, MIXED

WHOLE = (datetime(2000, 3, 1, tzinfo=UTC), datetime(2013, 3, 1, tzinfo=UTC))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("strategy_id", [*LIBRARY, "mixed"])
async def test_a_paper_run_over_all_of_the_history_is_its_backtest(
    tmp_path: Path, strategy_id: str
) -> None:
    orders = OrdersIn(tmp_path)
    async with a_house(tmp_path, orders) as house:
        await SampleData(house.instruments, house.bars).load()
        source = LIBRARY.get(strategy_id, MIXED)
        await keep(house, f"my-{strategy_id}", source)
        await same(house, orders.now, f"my-{strategy_id}", WHOLE, 3269)
    orders.close()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("days", "commands"),
    [(12, NO_COMMANDS), (10, commands_at(2, 4, 5, 7, 8))],
    ids=["alone", "with commands"],
)
async def test_a_run_killed_at_every_step_ends_with_the_same_books(
    tmp_path: Path, days: int, commands: Commands
) -> None:
    new = tmp_path / "new"
    new.mkdir()
    run = await prepared(new, days)
    steps = await lived(copied(new, tmp_path / "whole"), run, commands=commands)
    expected = await what_is_left(tmp_path / "whole", run)
    for dies_at in range(1, steps + 1):
        folder = copied(new, tmp_path / f"{dies_at}")
        await lived(folder, run, dies_at, commands)
        await lived(folder, run, commands=commands)
        assert await what_is_left(folder, run) == expected, f"died at step {dies_at} of {steps}"
