"""No false break: orders, fills and reconciliations cross each other by many seeds."""

from pathlib import Path

import pytest

from tests.unit.orders.reconciliation.load import no_break_is_found

SEEDS, ROUNDS = 5, 40


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("tardy", [False, True])
async def test_what_is_under_way_is_no_break(tmp_path: Path, seed: int, tardy: bool) -> None:
    await no_break_is_found(tmp_path, seed, ROUNDS, tardy=tardy)
