from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.houses import House, a_house, furnish, keep
from tests.strategy_sources import HOLDS, MIXED


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path, patience=5.0) as house:
        await furnish(house)
        await keep(house, "holds", HOLDS)
        await keep(house, "mixed", MIXED)
        yield house
