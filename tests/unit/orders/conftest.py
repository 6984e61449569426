"""One server, or one house, a test."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.orders.forgetful import Floor
from tests.unit.orders.office import Office


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        office = Office(Path(folder))
        await office.house.furnish()
        await office.server.start()
        async with office.house.working():
            yield office
            await office.channel.close()
            await office.server.stop(0)
        office.house.crash()


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    floor = Floor(tmp_path)
    await floor.furnish()
    yield floor
    floor.crash()
