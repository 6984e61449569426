from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.houses import House, a_house, a_request, furnish
from tests.strategy_sources import HOLDS, MIXED


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path, patience=5.0) as house:
        await furnish(house)
        await house.push("holds", HOLDS, "", request=a_request())
        await house.push("mixed", MIXED, "", request=a_request())
        yield house
