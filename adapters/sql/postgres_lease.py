"""A lease in a row of PostgreSQL, by its clock alone."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.sql.fence import FencedLease, check_epoch
from adapters.sql.postgres_database import PostgresDatabase
from adapters.sql.tables.leases import leases
from domain.errors import Unavailable
from ports.lease import LeaseLost
from ports.ownership import HOUSE

TTL = 15.0
RENEWALS = 3  # in the time of a lease
SENDING = 1 / 3  # of a lease: what a sending may take
PAUSE = 2 / 15  # of a lease: how long this process may have been stopped without noticing

_log = structlog.get_logger(__name__)

_mine = leases.c.key == bindparam("the_key")
_now = func.clock_timestamp()
_KNOW = insert(leases).values(epoch=0, owner="").on_conflict_do_nothing()
_LOOK = (
    select(leases.c.epoch, (_now - leases.c.expire_time).label("gone")).where(_mine)
).with_for_update()
_OLD_OR_MINE = leases.c.epoch == bindparam("the_epoch")
_TAKE = update(leases).where(_mine, _OLD_OR_MINE)
_RENEW = _TAKE.values(expire_time=_now + bindparam("ttl"))
_RELEASE = _TAKE.values(expire_time=None)


class PostgresLease(FencedLease):
    """Held for `ttl` seconds from each renewal; whoever is silent for that long loses it.

    It is clear when the last holder's sendings have ended, however late they began. The monotonic
    clock counts from before the question, so nobody holds it longer than it thinks.
    """

    def __init__(
        self,
        database: PostgresDatabase,
        key: str,
        owner: str,
        *,
        ttl: float = TTL,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._key = key
        self._owner = owner
        self._ttl = ttl
        self._monotonic = monotonic
        self._pause = pause
        self._epoch = 0
        self._until = 0.0
        self._held = asyncio.Event()
        self._clear = asyncio.Event()

    @property
    def epoch(self) -> int:
        return self._epoch if self._held.is_set() else 0

    @property
    def is_clear(self) -> bool:
        return self._held.is_set() and self._clear.is_set()

    async def clear(self) -> None:
        await self._clear.wait()
        if not self._held.is_set():
            raise LeaseLost("the lease on the accounts was lost")

    def may_send(self) -> bool:
        left = self._until - self._monotonic()
        return self.is_clear and left > self._ttl * (SENDING + PAUSE)

    async def hold(self) -> None:
        self._clear.clear()
        try:
            quiet = await self._take()
            self._held.set()
            while quiet > 0:
                part = min(quiet, self._ttl / RENEWALS)
                await self._pause(part)
                quiet -= part
                if quiet > 0 and not await self._renew():
                    return
            self._clear.set()
            while await self._renew():
                await self._pause(self._ttl / RENEWALS)
        finally:
            self._held.clear()
            self._clear.set()  # who waits for it need not wait any longer

    async def held(self) -> None:
        await self._held.wait()

    async def release(self) -> None:
        self._held.clear()
        self._until = 0.0
        mine = {"the_key": self._key, "the_epoch": self._epoch}
        await self._database.write_at_once(HOUSE, lambda db: db.execute(_RELEASE, mine).rowcount)

    def check(self, connection: Connection) -> None:
        """Raises `LeaseLost` unless we hold it until the transaction ends."""
        check_epoch(connection, self._key, self.epoch)

    async def _take(self) -> float:
        """Waits until it is free, and takes it. For how long the last holder may still send."""
        while True:
            asked = self._monotonic()
            try:
                free_in, self._epoch = await self._database.write_at_once(HOUSE, self._try)
            except Unavailable as error:
                _log.warning("lease_not_asked", why=error.message)
                free_in = self._ttl / RENEWALS
            if free_in <= 0:
                self._until = asked + self._ttl
                return self._ttl * SENDING + free_in
            await self._pause(min(free_in, self._ttl / RENEWALS))

    def _try(self, connection: Connection) -> tuple[float, int]:
        """In how many seconds it is free, negative for since when, and the epoch that is ours."""
        mine = {"the_key": self._key}
        connection.execute(_KNOW, {"key": self._key})
        row = connection.execute(_LOOK, mine).one()
        gone = row.gone.total_seconds() if row.gone is not None else self._ttl
        if gone < 0:
            return -gone, 0
        connection.execute(
            _TAKE.values(
                epoch=row.epoch + 1,
                owner=self._owner,
                expire_time=_now + timedelta(seconds=self._ttl),
            ),
            mine | {"the_epoch": row.epoch},
        )
        return min(-gone, 0.0), row.epoch + 1

    async def _renew(self) -> bool:
        """False when somebody else has it. A store that is down lets it run out by itself."""
        asked = self._monotonic()
        ours = {"the_key": self._key, "the_epoch": self._epoch}
        values = ours | {"ttl": timedelta(seconds=self._ttl)}

        def extend(connection: Connection) -> int:
            return connection.execute(_RENEW, values).rowcount

        try:
            renewed = await self._database.write_at_once(HOUSE, extend)
        except Unavailable as error:
            _log.warning("lease_not_renewed", why=error.message)
            return True
        if renewed:
            self._until = asked + self._ttl
        return bool(renewed)
