from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.market_data.service import Client, a_served_house


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with a_served_house(tmp_path) as client:
        yield client
