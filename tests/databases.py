"""Both databases, for tests of what stands on either."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.sql.database import Database
from adapters.sql.postgres_database import PostgresDatabase
from adapters.sql.sqlite_database import SqliteDatabase
from tests.houses import migrated
from tests.postgres import a_database

DATABASES = ("sqlite", "postgres")


@asynccontextmanager
async def a_database_on(kind: str, folder: Path) -> AsyncIterator[Database]:
    """An empty database with today's schema."""
    database = _opened(kind, folder)
    try:
        yield database
    finally:
        await database.aclose()


def _opened(kind: str, folder: Path) -> Database:
    if kind == "sqlite":
        return SqliteDatabase(migrated(folder / "trademesh.db"))
    kept = a_database()
    kept.clean()
    return PostgresDatabase(kept.url)
