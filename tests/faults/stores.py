"""The stores that the engines of a hunt keep everything in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters.sql.postgres_database import PostgresDatabase
from adapters.sql.sqlite_database import SqliteDatabase
from ports.ownership import HOUSE
from tests.faults.hunt import Store
from tests.postgres import new_database


class SqliteFile(Store):
    """The file in the data folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "trademesh.db"

    async def read(self, query: Callable[[Any], Any]) -> Any:
        database = SqliteDatabase(self._path)
        try:
            return await database.read(HOUSE, query)
        finally:
            database.close()


class Postgres(Store):
    """A database of its own on the server of the tests; its leases are short."""

    LEASE_SECONDS = 2.0

    def __init__(self) -> None:
        self._made = new_database()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "TRADEMESH_STORE_URL": self._made.url,
            "TRADEMESH_LEASE_TTL": str(self.LEASE_SECONDS),
        }

    async def read(self, query: Callable[[Any], Any]) -> Any:
        database = PostgresDatabase(self._made.url)
        try:
            return await database.read(HOUSE, query)
        finally:
            await database.aclose()
