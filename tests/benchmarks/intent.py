"""How long a durable intent takes: the one transaction that must be kept before an order leaves.

Idempotency row, fence of the lease, gate, reservation, order, events, outbox and answer, on disks
that keep their word: SQLite with synchronous=FULL, PostgreSQL with fsync.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles

from adapters.sql.account_store import SqlAccountStore
from adapters.sql.database import Database
from adapters.sql.fence import FencedLease
from adapters.sql.postgres_database import PostgresDatabase
from adapters.sql.postgres_lease import PostgresLease
from adapters.sql.sqlite_database import SqliteDatabase
from adapters.sql.sqlite_lease import SqliteLease
from adapters.system.clock import SystemClock
from domain.orders.book import AccountBook
from domain.orders.identity import client_decision, order_id_of
from domain.orders.records import AccountTerms, OrderRecord
from domain.orders.risk import RiskLimits
from domain.values import MONEY_SCALE
from ports.account_store import Request
from ports.request_log import RequestKey
from tests.builders import AAPL, a_wish, an_instrument
from tests.houses import migrated
from tests.postgres import new_database

TENANT, ACCOUNTS, WARM = "local", 50, 200
GOALS = {"sqlite": 5.0, "postgres": 15.0}  # milliseconds at the 99th of a hundred


def run(rounds: int, orders: int = 2000) -> None:
    """Prints a line a store and round."""
    print(f"{'store':>10} {'at once':>8} {'p50 ms':>8} {'p99 ms':>8} {'goal':>6} {'a second':>9}")
    for _ in range(rounds):
        for kind in GOALS:
            for at_once in (1, 8):
                asyncio.run(_measure(kind, at_once, orders))


async def _measure(kind: str, at_once: int, orders: int) -> None:
    async with _store(kind) as store:
        for number in range(ACCOUNTS):
            await _open(store, f"acc_{number}")
        await _place(store, -WARM, 0)
        begun = time.perf_counter()
        share = orders // at_once
        parts = [_place(store, at * share, (at + 1) * share) for at in range(at_once)]
        taken = [each for part in await asyncio.gather(*parts) for each in part]
        rate = len(taken) / (time.perf_counter() - begun)
        p99 = quantiles(taken, n=100)[98]
        print(
            f"{kind:>10} {at_once:>8} {median(taken):>8.2f} {p99:>8.2f} {GOALS[kind]:>6.0f}"
            f" {rate:>9.0f}"
        )


@asynccontextmanager
async def _store(kind: str) -> AsyncIterator[SqlAccountStore]:
    with tempfile.TemporaryDirectory(prefix="trademesh-") as folder:
        if kind == "sqlite":
            opened = SqliteDatabase(migrated(Path(folder) / "trademesh.db"))
            async with _behind(opened, SqliteLease(opened, "orders", "me")) as store:
                yield store
            return
        kept = new_database(durable=True)
        database = PostgresDatabase(kept.url)
        async with _behind(database, PostgresLease(database, "orders", "me")) as store:
            yield store
        kept.drop()


@asynccontextmanager
async def _behind(database: Database, lease: FencedLease) -> AsyncIterator[SqlAccountStore]:
    holding = asyncio.create_task(lease.hold())
    await lease.held()
    yield SqlAccountStore(database, SystemClock(), fence=lease)
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    await database.aclose()


async def _open(store: SqlAccountStore, name: str) -> None:
    def decide(book: AccountBook) -> None:
        book.account.deposit(1, 1_000_000 * MONEY_SCALE)
        book.know(an_instrument(AAPL))
        book.account.mark(AAPL, 100.0)

    terms = AccountTerms(name, "of the benchmark", "paper", "USD", RiskLimits(), 1)
    await store.create(TENANT, terms, decide)


async def _place(store: SqlAccountStore, start: int, end: int) -> list[float]:
    """Milliseconds each."""
    taken = []
    for number in range(start, end):
        account, name = f"acc_{number % ACCOUNTS}", f"request {number}"
        decision = client_decision(name)

        def decide(book: AccountBook, decision: str = decision) -> OrderRecord:
            order, _ = book.place(2, a_wish(quantity=1), decision)
            return book.record_of(order)

        key = RequestKey(TENANT, "me", "PlaceOrder", name, name.encode())
        named = [order_id_of(TENANT, account, decision)]
        begun = time.perf_counter()
        await store.change(TENANT, account, decide, orders=named, request=Request(key, OrderRecord))
        taken.append((time.perf_counter() - begun) * 1000)
    return taken
