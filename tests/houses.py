"""A house for tests: the real stores in a folder, real worker processes, and a desk in memory."""

import atexit
import itertools
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from adapters.parquet.backtest_results import ParquetBacktestResults
from adapters.parquet.bar_store import ParquetBarStore
from adapters.process_pool.job_queue import ProcessPool
from adapters.replay.feed import ReplayFeed
from adapters.sql.backtest_store import SqlBacktestStore
from adapters.sql.database import Database
from adapters.sql.event_bus import SqlEventBus
from adapters.sql.instrument_store import SqlInstrumentStore
from adapters.sql.migrate import migrate
from adapters.sql.run_store import SqlRunStore
from adapters.sql.sqlite_database import SqliteDatabase
from adapters.sql.strategy_store import SqlStrategyStore
from adapters.worker_process.jobs import JobProcesses
from adapters.worker_process.process import STRATEGY
from adapters.worker_process.processes import WorkerProcesses
from apps.backtests.cancel_backtest import CancelBacktest
from apps.backtests.create_backtest import CreateBacktest
from apps.backtests.run_backtests import RunBacktests
from apps.drain import Drain
from apps.paging import Places
from apps.prepare import Prepare
from apps.strategies.drive import DriveRun
from apps.strategies.flatten_run import FlattenRun
from apps.strategies.host import RunHost
from apps.strategies.pause_run import PauseRun
from apps.strategies.push_strategy import PushStrategy
from apps.strategies.read_run_logs import ReadRunLogs
from apps.strategies.set_parameters import SetRunParameters
from apps.strategies.start_run import StartRun
from apps.strategies.stop_run import StopRun
from apps.strategies.with_instruments import WithInstruments
from apps.streams import Streams
from domain.backtests.record import Outcome, Progress
from domain.errors import NotAllowedNow, NotFound
from domain.instruments import Instrument, Instruments
from domain.market_data.bar import Bar
from domain.market_data.columns import BarColumns, bar_columns
from domain.orders.account import Account
from domain.orders.closing import Closed
from domain.orders.events import Event, OrderSubmitted
from domain.orders.request import OrderRequest, Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.simulation.exchange import Exchange
from domain.strategies.library import StrategyVersion, setting_of, version_id_of
from domain.strategies.parameters import parameters_of
from domain.values import MONEY_SCALE
from ports.clock import Clock
from ports.order_desk import AccountEntry, OrderDesk
from ports.request_log import RequestKey
from ports.strategy_process import StrategyProcesses
from tests.strategy_sources import loaded

BACKTEST_WORKER = "apps.containers.backtest_worker"
TENANT = "local"
AAPL = Instrument("AAPL.XNAS", "AAPL", "XNAS")
CASH = 100_000 * MONEY_SCALE
DAY = 86_400 * 10**9
OPEN = (14 * 60 + 30) * 60 * 10**9
SESSION = 390 * 60 * 10**9


class Ticking(Clock):
    """A clock that a test moves; it also ticks by itself, so that times differ."""

    def __init__(self) -> None:
        self.ts = 1_700_000_000 * 10**9

    def now(self) -> int:
        self.ts += 1_000_000
        return self.ts


class Counted:
    """Ids in order. `start` keeps a second process from giving the same."""

    def __init__(self, start: int = 0) -> None:
        self._next = itertools.count(start)

    def new(self, prefix: str) -> str:
        digits = "".join("abcdefghij"[int(one)] for one in f"{next(self._next):020d}")
        return f"{prefix}_{digits}"


def a_request(tenant: str = TENANT, body: bytes = b"body", name: str = "") -> RequestKey:
    """A request nobody made before, or the one of that name."""
    request_id = str(uuid.uuid5(uuid.NAMESPACE_OID, name) if name else uuid.uuid4())
    return RequestKey(tenant, "me", "Method", request_id, body)


def some_days(count: int = 300, seed: int = 1, start: int = 0) -> BarColumns:
    """Daily bars of a market that goes up and down, the same for the same seed."""
    walk = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(walk.normal(0, 0.02, count))), 2)
    opened = np.round(close * (1 + walk.normal(0, 0.008, count)), 2)
    high = np.maximum(opened, close) + 0.5
    low = np.maximum(np.minimum(opened, close) - 0.5, 0.01)
    open_ts = (np.arange(count, dtype=np.int64) + start + 10_957) * DAY + OPEN
    volume = np.full(count, 1e6)
    return bar_columns(open_ts + SESSION, open_ts, opened, high, low, close, volume)


class MemoryDesk(OrderDesk):
    """The desk's promises, kept in memory. Outlives the hosts that a test kills."""

    def __init__(self) -> None:
        self.accounts: dict[str, MemoryAccount] = {}

    def add(self, account_id: str, cash: int = CASH) -> "MemoryAccount":
        """Opens an account with money in it."""
        self.accounts[account_id] = MemoryAccount(cash)
        return self.accounts[account_id]

    async def open(
        self, tenant: str, account_id: str, run_id: str, instruments: Mapping[str, Instrument]
    ) -> int:
        account = self._account(account_id)
        if account.run_id not in ("", run_id):
            raise NotAllowedNow("another run drives it", reason="ACCOUNT_BUSY")
        account.run_id = run_id
        return len(account.log)

    async def close(self, tenant: str, account_id: str, run_id: str) -> None:
        account = self._account(account_id)
        if account.run_id == run_id:
            account.cancel_all()
            account.run_id = ""

    async def place(
        self,
        tenant: str,
        account_id: str,
        run_id: str,
        ts: int,
        wishes: Sequence[object],
        *,
        may_only_reduce: bool = False,
    ) -> None:
        for wish in wishes:
            self._account(account_id).take(ts, run_id, wish, may_only_reduce)

    async def working(self, tenant: str, account_id: str, run_id: str) -> Sequence[str]:
        return [str(number) for number in self._account(account_id).core.orders]

    async def flatten(
        self,
        tenant: str,
        account_id: str,
        run_id: str,
        instrument_id: str,
        *,
        number: int,
        ts: int,
        order_ids: Sequence[str],
    ) -> Closed:
        self._account(account_id).flatten(ts, run_id, number, order_ids)
        return Closed((), ())

    async def preview_flatten(
        self, tenant: str, account_id: str, run_id: str, instrument_id: str
    ) -> Closed:
        return Closed((), ())

    async def advance(self, tenant: str, account_id: str, bar: Bar) -> None:
        self._account(account_id).advance(bar)

    async def entries(self, tenant: str, account_id: str, *, after: int) -> Sequence[AccountEntry]:
        return self._account(account_id).log[after:][:7]  # pages, as a real one may give

    def _account(self, account_id: str) -> "MemoryAccount":
        if account_id not in self.accounts:
            raise NotFound(f"no account {account_id}", reason="ACCOUNT_NOT_FOUND")
        return self.accounts[account_id]


class MemoryAccount:
    """The decision core and the simulated exchange, with a log."""

    def __init__(self, cash: int) -> None:
        self.run_id = ""
        self.log: list[AccountEntry] = []
        self.core = Account(Instruments([AAPL]), RiskLimits(), self._record)
        self._exchange = Exchange(self.core.apply, Instruments([AAPL]))
        self._placed: set[tuple[str, int]] = set()
        self._market_ts = 0
        self.core.deposit(0, cash)

    @property
    def events(self) -> list[Event]:
        return [entry.event for entry in self.log]

    def flatten(self, ts: int, run_id: str, number: int, order_ids: Sequence[str]) -> None:
        for order_id in order_ids:
            if int(order_id) in self.core.orders:
                self._cancel(ts, self.core.orders[int(order_id)].request)
        held = self.core.position(AAPL.instrument_id).quantity
        if held:
            side = Side.SELL if held > 0 else Side.BUY
            wish = OrderRequest(-number, AAPL.instrument_id, side, abs(held))
            self.take(ts, run_id, wish)

    def take(self, ts: int, run_id: str, wish: object, may_only_reduce: bool = False) -> None:
        if not isinstance(wish, OrderRequest):
            self._cancel(ts, wish.request)  # type: ignore[attr-defined]
            return
        if (run_id, wish.request) in self._placed:
            return
        self._placed.add((run_id, wish.request))
        order = self.core.place(ts, wish, halted="RUN_PAUSED" if may_only_reduce else "")
        if order.state is OrderState.CREATED:
            self.core.submitted(OrderSubmitted(ts, order.order_id))
            self._exchange.submit(ts, order)

    def advance(self, bar: Bar) -> None:
        if bar.ts > self._market_ts:
            self._market_ts = bar.ts
            self._exchange.match(bar)
            self.core.mark(bar.instrument_id, bar.close)

    def cancel_all(self) -> None:
        for order in list(self.core.orders.values()):
            self._cancel(self._market_ts, order.request)

    def _cancel(self, ts: int, request: int) -> None:
        for order in list(self.core.orders.values()):
            if order.request == request:
                self.core.cancel(ts, order.order_id)
                self._exchange.cancel(ts, order.order_id)

    def _record(self, event: Event) -> None:
        self.log.append(AccountEntry(len(self.log) + 1, "", event))


@dataclass
class House:
    """What a test may want to hold in its hands."""

    folder: Path
    clock: Ticking
    database: Database
    bus: SqlEventBus
    instruments: SqlInstrumentStore
    bars: ParquetBarStore
    strategies: SqlStrategyStore
    runs: SqlRunStore
    backtests: SqlBacktestStore
    results: ParquetBacktestResults
    processes: StrategyProcesses
    desk: OrderDesk
    host: RunHost
    push: PushStrategy
    start_run: StartRun
    stop_run: StopRun
    pause_run: PauseRun
    flatten_run: FlattenRun
    set_parameters: SetRunParameters
    run_logs: ReadRunLogs
    run_backtests: RunBacktests
    create_backtest: CreateBacktest
    cancel_backtest: CancelBacktest


def migrated(path: Path) -> Path:
    """A database with today's schema; one that is there stays as it is."""
    if not path.exists():
        shutil.copy(_template(), path)
    return path


@cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="trademesh-")) / "trademesh.db"
    atexit.register(shutil.rmtree, path.parent)
    migrate(path)
    return path


@asynccontextmanager
async def a_house(
    folder: Path,
    desk: OrderDesk | Callable[[Database, Clock], OrderDesk] | None = None,
    *,
    ids_from: int = 0,
    patience: float = 20.0,
    places: int = 2,
    processes: StrategyProcesses | None = None,
    mortal: Callable[[object], Any] = lambda thing: thing,
) -> AsyncIterator[House]:
    """Opens the files in the folder, making them where they are missing; leaves like a crash.

    `mortal` is put around what a run's host calls, so that a test can end it at any step.
    """
    migrated(folder / "trademesh.db")
    database = SqliteDatabase(folder / "trademesh.db")
    clock, ids, bus = Ticking(), Counted(ids_from), SqlEventBus(database)
    instruments = SqlInstrumentStore(database)
    bars = ParquetBarStore(database, folder / "bars", instruments, clock)
    strategies = SqlStrategyStore(database)
    runs, backtests = SqlRunStore(database, clock), SqlBacktestStore(database, clock)
    results = ParquetBacktestResults(folder / "backtests")
    processes = WithInstruments(processes or WorkerProcesses(patience), instruments)
    places_of_pages = Places(b"secret")
    streams = Streams(bus, places_of_pages, Drain())
    desk = desk or MemoryDesk()
    if callable(desk):
        desk = desk(database, clock)
    prepare = Prepare(strategies, instruments, bars)
    feed = ReplayFeed(bars, clock)
    drive = DriveRun(mortal(runs), strategies, instruments, feed, mortal(desk), processes, clock)
    host = RunHost(mortal(runs), mortal(desk), drive, clock, pause=0)
    queue = ProcessPool(
        JobProcesses(BACKTEST_WORKER, STRATEGY, Progress, Outcome, timeout=patience),
        places,
        Progress(),
    )
    run_backtests = RunBacktests(backtests, strategies, bars, results, queue, clock)
    house = House(
        folder=folder,
        clock=clock,
        database=database,
        bus=bus,
        instruments=instruments,
        bars=bars,
        strategies=strategies,
        runs=runs,
        backtests=backtests,
        results=results,
        processes=processes,
        desk=desk,
        host=host,
        push=PushStrategy(strategies, processes, clock),
        start_run=StartRun(prepare, runs, desk, host, clock, ids),
        stop_run=StopRun(runs, host),
        pause_run=PauseRun(runs, host),
        flatten_run=FlattenRun(runs, desk, host, streams, bus),
        set_parameters=SetRunParameters(runs, strategies, instruments, processes, host),
        run_logs=ReadRunLogs(runs, places_of_pages, streams, bus),
        run_backtests=run_backtests,
        create_backtest=CreateBacktest(prepare, backtests, run_backtests, clock, ids),
        cancel_backtest=CancelBacktest(backtests, run_backtests, clock),
    )
    try:
        yield house
    finally:
        await host.drain(0)
        await run_backtests.drain()
        database.close()


async def keep(house: House, strategy_id: str, source: str) -> StrategyVersion:
    """Puts a strategy into the library as pushing does, without a process to look into it."""
    kind = loaded(source)
    return await house.strategies.push(
        StrategyVersion(
            tenant=TENANT,
            strategy_id=strategy_id,
            version_id=version_id_of(source, kind.__name__),
            class_name=kind.__name__,
            summary="",
            settings=tuple(setting_of(one) for one in parameters_of(kind)),
            source=source,
            create_ts=house.clock.now(),
        )
    )


async def furnish(house: House, days: BarColumns | None = None) -> None:
    """Puts AAPL and its bars into a new house."""
    await house.instruments.save(AAPL)
    bars = some_days() if days is None else days
    await house.bars.append(AAPL.instrument_id, "1d", bars, source="test")
