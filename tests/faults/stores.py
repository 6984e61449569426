"""The stores that the engines of a hunt keep everything in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters.sql.sqlite_database import SqliteDatabase
from ports.ownership import HOUSE
from tests.faults.hunt import Store


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
