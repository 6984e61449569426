"""A house of orders with a kill switch."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.orders.kill.house import KillHouse


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[KillHouse]:
    house = KillHouse(tmp_path)
    await house.furnish()
    yield house
    house.crash()
