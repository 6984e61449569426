"""However orders, fills and reconciliations cross each other: what is under way is no break."""

from pathlib import Path

import pytest

from tests.unit.orders.reconciliation.load import no_break_is_found

ROUNDS = 12


@pytest.mark.parametrize("tardy", [False, True])
async def test_no_break_is_found_where_there_is_none(tmp_path: Path, tardy: bool) -> None:
    await no_break_is_found(tmp_path, 1, ROUNDS, tardy=tardy)
