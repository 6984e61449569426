from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.houses import House, MemoryDesk, a_house, furnish


@pytest.fixture
def desk() -> MemoryDesk:
    desk = MemoryDesk()
    desk.add("acc_1")
    desk.add("acc_2")
    return desk


@pytest.fixture
async def house(tmp_path: Path, desk: MemoryDesk) -> AsyncIterator[House]:
    async with a_house(tmp_path, desk) as house:
        await furnish(house)
        yield house
