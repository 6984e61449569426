"""The lease of whoever has locked the data folder: nobody can take it while that process lives."""

import asyncio

from sqlalchemy import Connection, insert, select, update

from adapters.sql.database import Database
from adapters.sql.fence import FencedLease, check_epoch
from adapters.sql.tables.leases import leases
from ports.ownership import HOUSE


class SqliteLease(FencedLease):
    """The lock is the lease; the epoch still rises, and refuses what an older start left behind."""

    def __init__(self, database: Database, key: str, owner: str) -> None:
        self._database = database
        self._key = key
        self._owner = owner
        self._epoch = 0
        self._held = asyncio.Event()

    @property
    def epoch(self) -> int:
        return self._epoch

    @property
    def is_clear(self) -> bool:
        return self._held.is_set()

    async def clear(self) -> None:
        """At once: who had locked the folder before has ended."""

    def may_send(self) -> bool:
        return self._held.is_set()

    async def hold(self) -> None:
        self._epoch = await self._database.write(HOUSE, self._rise)
        self._held.set()
        try:
            await asyncio.Event().wait()
        finally:
            self._held.clear()
            self._epoch = 0

    async def held(self) -> None:
        await self._held.wait()

    async def release(self) -> None:
        """The lock goes with the folder."""

    def check(self, connection: Connection) -> None:
        """Raises `LeaseLost` unless this start is the last one."""
        check_epoch(connection, self._key, self._epoch)

    def _rise(self, connection: Connection) -> int:
        mine = leases.c.key == self._key
        before = connection.scalar(select(leases.c.epoch).where(mine))
        epoch = (before or 0) + 1
        row = {"epoch": epoch, "owner": self._owner}
        if before is None:
            connection.execute(insert(leases).values(key=self._key, **row))
        else:
            connection.execute(update(leases).where(mine).values(**row))
        return epoch
