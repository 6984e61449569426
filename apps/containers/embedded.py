"""The embedded profile: which adapter answers which port on a single machine."""

import time

from dependency_injector import containers, providers

from adapters.data_folder.kill_file import FolderKillFile
from adapters.export_files.files import FolderExportFiles
from adapters.import_spool.spool import FileImportSpool
from adapters.local_token.verifier import LocalTokenVerifier
from adapters.paper.broker import PaperBroker
from adapters.parquet.backtest_results import ParquetBacktestResults
from adapters.parquet.bar_store import ParquetBarStore
from adapters.parquet.staged_rows import ParquetStagedRows
from adapters.parquet.tick_store import ParquetTickStore
from adapters.process_pool.job_queue import ProcessPool
from adapters.replay.feed import ReplayFeed
from adapters.sample_data.loader import SampleData
from adapters.sql.account_store import SqlAccountStore
from adapters.sql.backtest_store import SqlBacktestStore
from adapters.sql.event_bus import SqlEventBus
from adapters.sql.export_store import SqlExportStore
from adapters.sql.import_store import SqlImportStore
from adapters.sql.instrument_store import SqlInstrumentStore
from adapters.sql.kill_switch_store import SqlKillSwitchStore
from adapters.sql.ownership import SqlOwnership
from adapters.sql.quality_store import SqlQualityStore
from adapters.sql.reconciliation_store import SqlReconciliationStore
from adapters.sql.retention import SqlRetention
from adapters.sql.risk_store import SqlRiskStore
from adapters.sql.run_store import SqlRunStore
from adapters.sql.strategy_store import SqlStrategyStore
from adapters.worker_process.jobs import JobProcesses
from adapters.worker_process.patience import silence_of
from adapters.worker_process.process import STRATEGY, Bounds, Trade
from adapters.worker_process.processes import WorkerProcesses
from adapters.worker_process.walls.wall import GIB
from apps.containers.stores import open_lease
from apps.strategies.with_instruments import WithInstruments
from domain.backtests.record import Outcome, Progress
from domain.simulation.fees import Fees
from ports.backtest_worker import BacktestWorker
from ports.import_worker import ImportBroke, ImportWorker, ReadingOutcome, ReadingProgress

IMPORT_WORKER = "apps.containers.import_worker"  # the same
IMPORT_WORKERS = 2  # at a time
IMPORT_SILENCE = 120.0  # seconds that one may say nothing: a calendar takes some
IMPORT = Trade("import", ImportBroke)
BACKTEST_WORKER = "apps.containers.backtest_worker"  # a program of its own, never imported here


class Adapters(containers.DeclarativeContainer):
    """One provider a port."""

    sessions = providers.DependenciesContainer()

    event_bus = providers.Singleton(SqlEventBus, sessions.database)
    ownership = providers.Singleton(SqlOwnership, sessions.database)
    token_verifier = providers.Singleton(LocalTokenVerifier, sessions.token_key, time.time)

    instruments = providers.Singleton(SqlInstrumentStore, sessions.database)
    bars = providers.Singleton(
        ParquetBarStore,
        sessions.database,
        sessions.folder.provided.bars,
        instruments,
        sessions.clock,
    )
    ticks = providers.Singleton(
        ParquetTickStore,
        sessions.database,
        sessions.folder.provided.ticks,
        instruments,
        sessions.clock,
    )
    imports = providers.Singleton(SqlImportStore, sessions.database, sessions.clock)
    import_spool = providers.Singleton(FileImportSpool, sessions.folder.provided.imports)
    staged_rows = providers.Singleton(ParquetStagedRows)
    quality = providers.Singleton(SqlQualityStore, sessions.database, sessions.clock)
    import_worker: providers.Singleton[ImportWorker] = providers.Singleton(
        JobProcesses,
        IMPORT_WORKER,
        IMPORT,
        ReadingProgress,
        ReadingOutcome,
        timeout=IMPORT_SILENCE,
        arguments=providers.List(providers.Callable(str, sessions.folder.provided.calendars)),
        bounds=providers.Factory(Bounds, 4 * GIB),
    )
    import_queue = providers.Singleton(
        ProcessPool, import_worker, IMPORT_WORKERS, ReadingProgress()
    )
    sample_data = providers.Singleton(SampleData, instruments, bars)
    feed = providers.Singleton(ReplayFeed, bars, sessions.clock)

    retention = providers.Singleton(SqlRetention, sessions.database)
    lease = providers.Singleton(open_lease, sessions.settings, sessions.database)
    kill_file = providers.Singleton(FolderKillFile, sessions.folder.provided.path)
    kill_switches = providers.Singleton(SqlKillSwitchStore, sessions.database, sessions.clock)
    risk = providers.Singleton(SqlRiskStore, sessions.database, sessions.clock)
    reconciliations = providers.Singleton(SqlReconciliationStore, sessions.database, sessions.clock)
    accounts = providers.Singleton(
        SqlAccountStore, sessions.database, sessions.clock, kill_file=kill_file, fence=lease
    )
    paper_fees = providers.Singleton(Fees)  # paper trades are free
    paper = providers.Singleton(PaperBroker, sessions.folder.provided.paper_book, fees=paper_fees)

    strategies = providers.Singleton(SqlStrategyStore, sessions.database)
    runs = providers.Singleton(SqlRunStore, sessions.database, sessions.clock, fence=lease)
    worker_processes = providers.Singleton(
        WorkerProcesses,
        sessions.settings.provided.handler_timeout,
        providers.Factory(Bounds, 2 * GIB, sessions.settings.provided.strategy_user),
    )
    processes = providers.Singleton(WithInstruments, worker_processes, instruments)

    backtests = providers.Singleton(SqlBacktestStore, sessions.database, sessions.clock)
    backtest_results = providers.Singleton(
        ParquetBacktestResults, sessions.folder.provided.backtests
    )
    backtest_worker: providers.Singleton[BacktestWorker] = providers.Singleton(
        JobProcesses,
        BACKTEST_WORKER,
        STRATEGY,
        Progress,
        Outcome,
        timeout=providers.Callable(silence_of, sessions.settings.provided.handler_timeout),
        bounds=providers.Factory(Bounds, 8 * GIB, sessions.settings.provided.strategy_user),
    )
    job_queue = providers.Singleton(
        ProcessPool, backtest_worker, sessions.settings.provided.backtest_workers, Progress()
    )

    exports = providers.Singleton(SqlExportStore, sessions.database, sessions.clock)
    export_files = providers.Singleton(FolderExportFiles, sessions.folder.provided.exports)
