"""What only PostgreSQL does."""

from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.sql.postgres_database import PostgresDatabase
from tests.postgres import TestDatabase, a_database, empty_database


@pytest.fixture
def kept() -> TestDatabase:
    """Today's schema, and nothing in it."""
    kept = a_database()
    kept.clean()
    return kept


@pytest.fixture
async def database(kept: TestDatabase) -> AsyncIterator[PostgresDatabase]:
    """As the service connects."""
    database = PostgresDatabase(kept.url)
    yield database
    await database.aclose()


@pytest.fixture
def empty() -> Iterator[TestDatabase]:
    """A database without a table, gone after the test."""
    made = empty_database()
    yield made
    made.drop()
