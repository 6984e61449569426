"""A lease in a row: by the clock of the database, and by a monotonic one for what is sent."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from adapters.sql.postgres_database import PostgresDatabase
from adapters.sql.postgres_lease import PAUSE, SENDING, TTL, PostgresLease
from domain.errors import Unavailable
from ports.lease import LeaseLost
from ports.ownership import HOUSE
from tests.postgres import TestDatabase

T = TypeVar("T")
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
GUARD = TTL * (SENDING + PAUSE)


class Watch:
    """A monotonic clock that stands, and pauses that end when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self.paused: list[float] = []
        self._turns = asyncio.Semaphore(0)
        self._pausing = asyncio.Event()

    def __call__(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self._pausing.set()
        await self._turns.acquire()

    async def pausing(self) -> None:
        """Returns when whoever works has nothing to do but to wait."""
        await asyncio.wait_for(self._pausing.wait(), 10)

    def end_pause(self) -> None:
        """One pause is over."""
        self._pausing.clear()
        self._turns.release()

    async def turn(self) -> None:
        """One pause is over, and the next has begun."""
        await self.pausing()
        self.end_pause()
        await self.pausing()


def a_lease(database: PostgresDatabase, owner: str, watch: Watch) -> PostgresLease:
    return PostgresLease(database, "orders", owner, monotonic=watch, pause=watch.pause)


@asynccontextmanager
async def trying(lease: PostgresLease) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.ensure_future(lease.hold())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def holding(lease: PostgresLease) -> AsyncIterator["asyncio.Task[None]"]:
    async with trying(lease) as task:
        await asyncio.wait_for(lease.held(), 10)
        yield task


def silent_for(kept: TestDatabase, seconds: float) -> None:
    """As if nobody had renewed it: it ended that long ago."""
    kept.execute(
        "UPDATE leases SET expire_time = clock_timestamp() - make_interval(secs => $1)", seconds
    )


async def test_nothing_is_sent_that_might_end_after_the_lease(database: PostgresDatabase) -> None:
    watch = Watch()
    lease = a_lease(database, "one", watch)
    async with holding(lease):
        watch.now += TTL - GUARD - 0.001
        assert lease.may_send()
        watch.now += 0.002
        assert not lease.may_send()
        await watch.turn()  # renewed
        assert lease.may_send()


async def test_a_lease_that_is_renewed_is_nobody_elses(database: PostgresDatabase) -> None:
    watch, other_watch = Watch(), Watch()
    async with holding(a_lease(database, "one", watch)):
        other = a_lease(database, "two", other_watch)
        async with trying(other):
            for _ in range(3):
                await watch.turn()
                await other_watch.turn()
            assert other.epoch == 0


async def test_a_new_holder_waits_until_what_the_old_one_sent_has_ended(
    database: PostgresDatabase, kept: TestDatabase
) -> None:
    old, new = Watch(), Watch()
    async with holding(a_lease(database, "old", old)) as lost:
        await old.pausing()
        silent_for(kept, seconds=1)
        lease = a_lease(database, "new", new)
        async with trying(lease):
            await new.pausing()
            assert (lease.epoch, lease.is_clear, lease.may_send()) == (2, False, False)
            assert new.paused == [pytest.approx(TTL * SENDING - 1, abs=0.9)]
            await new.turn()
            await asyncio.wait_for(lease.clear(), 10)
            assert (lease.is_clear, lease.may_send()) == (True, True)
            old.end_pause()
            await asyncio.wait_for(lost, 10)  # it returns: the lease is another's


async def test_who_waits_for_a_lease_that_is_lost_before_it_is_clear_hears_of_it(
    database: PostgresDatabase, kept: TestDatabase
) -> None:
    async with holding(a_lease(database, "old", Watch())):
        silent_for(kept, seconds=0)
        watch = Watch()
        lease = a_lease(database, "new", watch)
        async with trying(lease):
            await watch.pausing()
            waiting = asyncio.ensure_future(lease.clear())
        with pytest.raises(LeaseLost):
            await asyncio.wait_for(waiting, 10)
        assert not lease.is_clear


async def test_silence_of_the_store_loses_nothing_when_nobody_was_faster(
    database: PostgresDatabase, kept: TestDatabase
) -> None:
    class Down(PostgresDatabase):
        is_down = False

        async def write_at_once(self, tenant: str, transaction: Callable[[Connection], T]) -> T:
            if self.is_down:
                raise Unavailable("down")
            return await super().write_at_once(tenant, transaction)

    watch, flaky = Watch(), Down(kept.url)
    lease = a_lease(flaky, "one", watch)
    async with holding(lease):
        flaky.is_down = True
        watch.now += TTL
        await watch.turn()
        assert not lease.may_send()
        silent_for(kept, seconds=60)
        flaky.is_down = False
        await watch.turn()
        assert (lease.epoch, lease.may_send()) == (1, True)
    await flaky.aclose()


async def test_a_takeover_waits_for_changes_under_way_and_keeps_out_later_ones(
    database: PostgresDatabase, kept: TestDatabase
) -> None:
    old_watch, watch = Watch(), Watch()
    old = a_lease(database, "old", old_watch)
    async with holding(old):
        await old_watch.pausing()
        new, begun = a_lease(database, "new", watch), asyncio.Event()

        def slow(connection: Connection) -> int:
            old.check(connection)
            silent_for(kept, seconds=60)  # renewing, or ending, does not wait for us
            begun.set()
            while not connection.exec_driver_sql(WAITING).scalar():
                pass  # the new holder has not come to our lock yet
            return int(connection.exec_driver_sql("SELECT epoch FROM leases").scalar_one())

        def late(connection: Connection) -> None:
            old.check(connection)

        changing = asyncio.ensure_future(database.write(HOUSE, slow))
        await begun.wait()
        async with trying(new):
            assert await changing == 1
            await watch.pausing()
            with pytest.raises(LeaseLost):
                await database.write(HOUSE, late)


async def test_of_many_that_try_one_holds_it(database: PostgresDatabase) -> None:
    leases = [a_lease(database, str(number), Watch()) for number in range(16)]
    tasks = [asyncio.ensure_future(lease.hold()) for lease in leases]
    waiting = [asyncio.ensure_future(lease.held()) for lease in leases]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=10)
    assert sorted(lease.epoch for lease in leases) == [0] * 15 + [1]
    for task in (*tasks, *waiting):
        task.cancel()
    await asyncio.gather(*tasks, *waiting, return_exceptions=True)


async def test_what_is_given_free_can_be_taken_at_once(database: PostgresDatabase) -> None:
    watch = Watch()
    first = a_lease(database, "one", Watch())
    async with holding(first):
        await first.release()
    async with holding(a_lease(database, "two", watch)):
        assert watch.paused in ([], [TTL / 3])


async def test_a_renewal_does_not_wait_behind_a_crowd(kept: TestDatabase) -> None:
    crowded = PostgresDatabase(kept.url, writers=1)
    watch, gate, waiting = Watch(), asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def stays(connection: Connection) -> None:
        loop.call_soon_threadsafe(waiting.set)
        while not gate.is_set():
            connection.exec_driver_sql("SELECT 1")

    async with holding(a_lease(crowded, "one", watch)):
        crowd = asyncio.ensure_future(crowded.write(HOUSE, stays))
        await waiting.wait()
        await watch.turn()  # renewed: it pauses again
        gate.set()
        await crowd
    await crowded.aclose()
