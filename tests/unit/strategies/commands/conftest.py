"""One house a test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.houses import a_house, furnish
from tests.houses import some_days as days
from tests.in_process import Interrupted
from tests.integration.runs.conftest import OrdersIn
from tests.unit.strategies.commands.desk import Desk, Happens


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    orders, happens = OrdersIn(tmp_path), Happens()
    async with a_house(tmp_path, orders, processes=Interrupted(happens)) as house:
        await furnish(house, days(12))
        yield Desk(house, orders, happens)
    orders.close()
