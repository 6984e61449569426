"""What a store on SQL promises, it promises on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.sql.database import Database
from tests.databases import DATABASES, a_database_on


@pytest.fixture(params=DATABASES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty one with today's schema."""
    async with a_database_on(request.param, tmp_path) as database:
        yield database
