"""The embedded database: one writer thread, several readers.

SQLite knows nothing of tenants: every statement names its own.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from adapters.sql.database import Database
from domain.errors import Unavailable

T = TypeVar("T")

READERS = 4
PRIMARY = 0xFF  # of an error code; what is above tells more
REFUSALS = {
    sqlite3.SQLITE_FULL: ("its disk is full", "STORE_FULL"),
    sqlite3.SQLITE_READONLY: ("it can only be read", "STORE_READ_ONLY"),
}


class SqliteDatabase(Database):
    """A SQLite file. Writes are serialised in one thread, so each sees the last one's result."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.engine = _engine(path)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sql-write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sql-read")

    async def write(
        self,
        tenant: str,  # noqa: ARG002
        transaction: Callable[[Connection], T],
    ) -> T:
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(self._writer, self._transact, transaction)
        running.add_done_callback(self._tell)
        # A caller that gives up must not leave the outcome in doubt: it runs to its end.
        return await asyncio.shield(running)

    async def read(
        self,
        tenant: str,  # noqa: ARG002
        query: Callable[[Connection], T],
    ) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._query, query)

    async def aclose(self) -> None:
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """Waits for what is running, then closes the file."""
        self._writer.shutdown()
        self._readers.shutdown()
        self.engine.dispose()

    def _tell(self, transaction: asyncio.Future[Any]) -> None:
        if not transaction.cancelled() and transaction.exception() is None:
            self._committed()

    def _transact(self, transaction: Callable[[Connection], T]) -> T:
        try:
            with self.engine.connect() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                result = transaction(connection)
                connection.commit()
                return result
        except (OperationalError, sqlite3.OperationalError) as error:
            raise _refused(error) from error

    def _query(self, query: Callable[[Connection], T]) -> T:
        try:
            with self.engine.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                return query(connection)
        except (OperationalError, sqlite3.OperationalError) as error:
            raise _refused(error) from error


def _engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=READERS + 1,
        connect_args={"check_same_thread": False, "timeout": 5.0},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _refused(error: OperationalError | sqlite3.OperationalError) -> Unavailable:
    cause = error.orig if isinstance(error, OperationalError) else error
    code = getattr(cause, "sqlite_errorcode", 0) & PRIMARY
    words, reason = REFUSALS.get(code, (str(cause), "STORE_UNAVAILABLE"))
    return Unavailable(f"the store refuses: {words}", reason=reason)
