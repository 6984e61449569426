"""A house with market data and nothing else: real files, real database, a clock that we set."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from adapters.import_spool.spool import FileImportSpool
from adapters.parquet.bar_store import ParquetBarStore
from adapters.parquet.staged_rows import ParquetStagedRows
from adapters.parquet.tick_store import ParquetTickStore
from adapters.parquet.uploads import DiskUploads
from adapters.process_pool.job_queue import ProcessPool
from adapters.sql.database import Database
from adapters.sql.event_bus import SqlEventBus
from adapters.sql.import_store import SqlImportStore
from adapters.sql.instrument_store import SqlInstrumentStore
from adapters.sql.migrate import migrate
from adapters.sql.quality_store import SqlQualityStore
from adapters.sql.sqlite_database import SqliteDatabase
from adapters.system.ids import RandomIds
from apps.caller import Caller
from apps.containers.import_worker import bars_of
from apps.drain import Drain
from apps.market_data.check_bars import CheckBars
from apps.market_data.imports.cancel_import import CancelImport
from apps.market_data.imports.create_import import CreateImport
from apps.market_data.imports.import_terms import WantedImport
from apps.market_data.imports.read_rows import ReadRows
from apps.market_data.imports.run_imports import RunImports
from apps.market_data.imports.upload_chunk import UploadChunk
from apps.requests import request_key
from domain.instruments import Instrument
from domain.market_data.columns import BarColumns, bar_columns
from domain.market_data.imports import Import
from domain.market_data.sessions import Sessions
from domain.market_data.trade_columns import TradeColumns
from ports.calendar import Calendars
from ports.clock import Clock
from ports.import_worker import (
    ImportQueue,
    ImportWorker,
    MarketDataJob,
    ReadingOutcome,
    ReadingProgress,
)
from ports.job_queue import JobWorker
from ports.request_log import RequestKey

MINUTE = 60_000_000_000
APPLE = Instrument("AAPL.XNAS", "AAPL", "XNAS", name="Apple Inc.")
SOMEBODY = Caller(tenant="local", principal="somebody", scopes=frozenset())


class ManualClock(Clock):
    def __init__(self, ts: int = 1_700_000_000_000_000_000) -> None:
        self.ts = ts

    def now(self) -> int:
        return self.ts


def a_request(name: str, body: str = "", tenant: str = "local") -> RequestKey:
    """The key of a request that is called `name`: the same name, the same request."""
    caller = Caller(tenant=tenant, principal="somebody", scopes=frozenset())
    return request_key(caller, "Test", str(uuid.uuid5(uuid.NAMESPACE_OID, name)), [body])


def minute_bars(closes: Sequence[float], *, start: int = 0) -> BarColumns:
    """Bars of a minute that close at these prices, the first opening at minute `start`."""
    close = np.array(closes, float)
    opens = (np.arange(len(close), dtype=np.int64) + start) * MINUTE
    return bar_columns(opens + MINUTE, opens, close, close + 1, close / 2, close, close * 10)


def trades_at(times: Sequence[int], *, prices: Sequence[float] | None = None) -> TradeColumns:
    """Trades at these nanoseconds; without prices at 1, 2, 3…"""
    ts = np.array(times, np.int64)
    price = np.arange(len(ts)) + 1.0 if prices is None else np.array(prices, float)
    return TradeColumns(ts, price, price * 100)


class NoCalendars(Calendars):
    """Knows no venue: nothing is held to a calendar."""

    def sessions(self, venue: str, first_day: date, last_day: date) -> Sessions | None:
        return None


class ThreadWorker(JobWorker[MarketDataJob, ReadingProgress, ReadingOutcome]):
    """Does in a thread what else a process does: the same work, without the second of its start."""

    def __init__(self, read_rows: ReadRows) -> None:
        self._read_rows = read_rows

    async def work(
        self, job: MarketDataJob, on_progress: Callable[[ReadingProgress], Awaitable[None]]
    ) -> ReadingOutcome:
        loop = asyncio.get_running_loop()

        def tell(progress: ReadingProgress) -> None:
            asyncio.run_coroutine_threadsafe(_awaited(on_progress(progress)), loop).result()

        return await asyncio.to_thread(self._read_rows, job, tell)


async def _awaited(one: Awaitable[None]) -> None:
    await one


@cache
def _new_database() -> bytes:
    """A database as the migrations make it: made once, for migrating takes a while."""
    with TemporaryDirectory() as folder:
        migrate(Path(folder) / "trademesh.db")
        return (Path(folder) / "trademesh.db").read_bytes()


class House:
    """What a process would wire; `folder` outlives it."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        working: bool = True,
        calendars: Calendars,
        worker: ImportWorker | None = None,
        database: Database | None = None,
    ) -> None:
        if database is None and not (folder / "trademesh.db").exists():
            (folder / "trademesh.db").write_bytes(_new_database())
        self.folder = folder
        self.database = database or SqliteDatabase(folder / "trademesh.db")
        self.bus = SqlEventBus(self.database)
        self.drain = Drain()
        self.instruments = SqlInstrumentStore(self.database)
        self.bars = ParquetBarStore(self.database, folder / "bars", self.instruments, clock)
        self.ticks = ParquetTickStore(self.database, folder / "ticks", self.instruments, clock)
        self.imports = SqlImportStore(self.database, clock)
        self.spool = FileImportSpool(folder / "imports")
        self.quality = SqlQualityStore(self.database, clock)
        staged = ParquetStagedRows()
        read_rows = ReadRows(DiskUploads(), staged, calendars, bars_of)
        self.queue: ImportQueue = ProcessPool(
            worker or ThreadWorker(read_rows), 2 if working else 0, ReadingProgress()
        )
        self.runner = RunImports(
            self.imports,
            self.instruments,
            self.bars,
            self.ticks,
            self.quality,
            self.spool,
            staged,
            self.queue,
            clock,
        )
        self.create_import = CreateImport(
            self.imports, self.instruments, self.spool, clock, RandomIds(), self.runner
        )
        self.upload_chunk = UploadChunk(self.imports, self.spool, self.runner)
        self.cancel_import = CancelImport(self.imports, self.runner, clock)
        self.check_bars = CheckBars(self.bars, self.quality, self.queue, clock)

    async def import_csv(self, text: str | bytes, wanted: WantedImport, name: str = "1") -> Import:
        """Import a whole file and wait for its end."""
        data = text.encode() if isinstance(text, str) else text
        one = await self.create_import(wanted, data, request=a_request(name, str(data)))
        return await self.ended(one.import_id)

    async def ended(self, import_id: str) -> Import:
        """The import once it has ended, and nobody is at work on it any more."""
        async for _ in self.bus.follow("imports", import_id, after=0):
            one = await self.imports.get("local", import_id)
            if one.ended:
                await self.runner.wait(import_id)
                return one
        raise AssertionError


@asynccontextmanager
async def a_house(
    folder: Path,
    *,
    clock: Clock | None = None,
    working: bool = True,
    calendars: Calendars | None = None,
    worker: ImportWorker | None = None,
    database: Database | None = None,
) -> AsyncIterator[House]:
    """Opened as at a start of the process; `working` runs the imports, in threads of this one."""
    house = House(
        folder,
        clock or ManualClock(),
        working=working,
        calendars=calendars or NoCalendars(),
        worker=worker,
        database=database,
    )
    await house.bars.clean()
    await house.ticks.clean()
    await house.runner.recover()
    try:
        yield house
    finally:
        await house.runner.drain()
        await house.database.aclose()
