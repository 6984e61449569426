"""PostgreSQL: many processes, many transactions at once, a tenant behind walls."""

import asyncio
from collections.abc import Callable
from random import random
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.sql.database import Database
from adapters.sql.locks import WRITES
from adapters.sql.postgres_errors import FAILURES, Again, failure, lost_reply
from domain.errors import Unavailable
from ports.ownership import HOUSE

T = TypeVar("T")

WRITERS, READERS = 10, 5  # connections each; more transactions than that wait for their turn
PATIENCE = 10.0  # seconds that one waits, and that a statement may take
BREATH = 0.01  # seconds
IDLE = 5.0  # seconds
ATTEMPTS = 5
LOOK = 0.2  # seconds between looks for what other processes committed
SESSION = {
    "application_name": "trademesh",
    "timezone": "UTC",
    "jit": "off",
    "lock_timeout": f"{PATIENCE:.0f}s",
    "statement_timeout": f"{3 * PATIENCE:.0f}s",
}
FOR_TENANT = "SELECT set_config('trademesh.tenant', $1, true)"


class PostgresDatabase(Database):
    """Every transaction says whose it is, and the walls of the schema keep it there.

    Writes see what is committed at each statement and lock what they decide by; reads see one
    state. A transaction that lost against another, or whose connection broke before its COMMIT was
    sent, has done nothing and is run again, `ATTEMPTS` times in all.
    """

    def __init__(
        self, url: str, *, writers: int = WRITERS, readers: int = READERS, idle: float = IDLE
    ) -> None:
        """`url` is postgresql://user:password@host/database. Connects as transactions come.

        A transaction that says nothing for `idle` seconds is ended by the server: of a process that
        was stopped in its tracks, which must not keep its locks from the next one.
        """
        self._writers = _engine(url, writers, idle).execution_options(**{WRITES: True})
        self._urgent = _engine(url, 1, idle).execution_options(**{WRITES: True})
        self._readers = _engine(url, readers, idle).execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._running: set[asyncio.Task[Any]] = set()
        self._looking: asyncio.Task[None] | None = None
        super().__init__()

    async def write(self, tenant: str, transaction: Callable[[Connection], T]) -> T:
        return await self._write(self._writers, tenant, transaction)

    async def write_at_once(self, tenant: str, transaction: Callable[[Connection], T]) -> T:
        """The same on a connection that is kept free: what must not wait behind the others."""
        return await self._write(self._urgent, tenant, transaction)

    async def read(self, tenant: str, query: Callable[[Connection], T]) -> T:
        return await self._again(self._readers, tenant, query)

    async def aclose(self) -> None:
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None
        for engine in (self._writers, self._urgent, self._readers):
            await engine.dispose()

    async def _write(
        self, on: AsyncEngine, tenant: str, transaction: Callable[[Connection], T]
    ) -> T:
        running = asyncio.ensure_future(self._again(on, tenant, transaction))
        self._running.add(running)
        running.add_done_callback(self._ended)
        # A caller that gives up must not leave the outcome in doubt: it runs to its end.
        return await asyncio.shield(running)

    async def _again(self, on: AsyncEngine, tenant: str, work: Callable[[Connection], T]) -> T:
        if self._listeners and self._looking is None:
            self._looking = asyncio.create_task(self._look_for_commits())
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._once(on, tenant, work)
            except Again as error:
                if attempt == ATTEMPTS:
                    raise error.refusal from error
                # Not all at once again.
                await asyncio.sleep(random() * BREATH * 2**attempt)  # noqa: S311
        raise AssertionError

    async def _once(self, on: AsyncEngine, tenant: str, work: Callable[[Connection], T]) -> T:
        committing = False

        def run(connection: Connection) -> T:
            nonlocal committing
            connection.exec_driver_sql(FOR_TENANT, (tenant,))
            result = work(connection)
            committing = True
            connection.commit()
            return result

        try:
            async with on.connect() as connection:
                return await connection.run_sync(run)
        except FAILURES as error:
            if committing and (unknown := lost_reply(error)):
                raise unknown from error
            if refusal := failure(error):
                raise refusal from error
            raise

    async def _look_for_commits(self) -> None:
        """Tells the listeners what other processes commit, `LOOK` seconds later at most."""
        before = "unknown"  # somebody may have read before this look, and a commit been between
        while True:
            try:
                now = await self._once(self._readers, HOUSE, _snapshot)
                if now != before:
                    self._committed()
                before = now
            except (Again, Unavailable):
                before = "unknown"  # whatever it is when the store is back, it is news
            await asyncio.sleep(LOOK)

    def _ended(self, running: asyncio.Task[Any]) -> None:
        self._running.discard(running)
        if not running.cancelled() and running.exception() is None:
            self._committed()


def _snapshot(connection: Connection) -> str:
    """Another one when a transaction that writes began or ended."""
    return str(connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one())


def _engine(url: str, connections: int, idle: float) -> AsyncEngine:
    session = SESSION | {"idle_in_transaction_session_timeout": f"{idle * 1000:.0f}"}
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=PATIENCE,
        connect_args={"timeout": PATIENCE, "server_settings": session},
    )
