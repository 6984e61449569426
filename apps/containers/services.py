"""The services over the adapters: a container a noun."""

from dependency_injector import containers, providers

from apps.backtests.cancel_backtest import CancelBacktest
from apps.backtests.create_backtest import CreateBacktest
from apps.backtests.read_backtests import ReadBacktests
from apps.backtests.run_backtests import RunBacktests
from apps.backtests.servicer import BacktestServicer
from apps.backtests.watch_backtest import WatchBacktest
from apps.brokers.limiter import LimitedBroker, SendingLimits
from apps.brokers.routing import BrokerRouter
from apps.exports.cancel_export import CancelExport
from apps.exports.create_export import CreateExport
from apps.exports.read_exports import ReadExports
from apps.exports.run_exports import RunExports
from apps.exports.servicer import ExportServicer
from apps.exports.sources.source import Source
from apps.exports.watch_export import WatchExport
from apps.market_data.check_bars import CheckBars
from apps.market_data.imports.cancel_import import CancelImport
from apps.market_data.imports.create_import import CreateImport
from apps.market_data.imports.run_imports import RunImports
from apps.market_data.imports.servicer import ImportServicer
from apps.market_data.imports.upload_chunk import UploadChunk
from apps.market_data.servicer import MarketDataServicer
from apps.market_data.stream_series import StreamSeries
from apps.orders.apply_reports import ApplyReports
from apps.orders.cancel_all_orders import CancelAllOrders
from apps.orders.cancel_group import CancelOrderGroup
from apps.orders.cancel_order import CancelOrder
from apps.orders.close_positions import ClosePositions
from apps.orders.create_account import CreateAccount
from apps.orders.desk import InProcessOrderDesk
from apps.orders.dispatch_orders import DispatchOrders
from apps.orders.last_prices import LastPrices
from apps.orders.place_group import PlaceOrderGroup
from apps.orders.place_order import PlaceOrder
from apps.orders.read_accounts import ReadAccounts
from apps.orders.reissue_order import ReissueOrder
from apps.orders.replace_order import ReplaceOrder
from apps.orders.servicer import AccountServicer, OrderServicer
from apps.orders.watch_account import WatchAccount
from apps.prepare import Prepare
from apps.reports.backtest_record import BacktestRecord
from apps.reports.compare_parity import CompareParity
from apps.reports.rehearse_run import RehearseRun
from apps.reports.run_record import RunRecord
from apps.reports.servicer import ReportServicer
from apps.strategies.archive_strategy import ArchiveStrategy
from apps.strategies.built_ins import InstallBuiltIns
from apps.strategies.drive import DriveRun
from apps.strategies.flatten_run import FlattenRun
from apps.strategies.host import RunHost
from apps.strategies.pause_run import PauseRun
from apps.strategies.push_strategy import PushStrategy
from apps.strategies.read_run_logs import ReadRunLogs
from apps.strategies.read_strategies import ReadRuns, ReadStrategies
from apps.strategies.replay_run import ReplayRun
from apps.strategies.servicer import RunServicer, StrategyServicer
from apps.strategies.set_parameters import SetRunParameters
from apps.strategies.start_run import StartRun
from apps.strategies.stop_run import StopRun
from apps.strategies.watch_run import WatchRun
from apps.streams import Streams


class MarketData(containers.DeclarativeContainer):
    """Instruments, bars, imports."""

    sessions = providers.DependenciesContainer()
    adapters = providers.DependenciesContainer()
    streams = providers.Dependency(instance_of=Streams)

    run_imports = providers.Singleton(
        RunImports,
        adapters.imports,
        adapters.instruments,
        adapters.bars,
        adapters.ticks,
        adapters.quality,
        adapters.import_spool,
        adapters.staged_rows,
        adapters.import_queue,
        sessions.clock,
    )
    create_import = providers.Singleton(
        CreateImport,
        adapters.imports,
        adapters.instruments,
        adapters.import_spool,
        sessions.clock,
        sessions.ids,
        run_imports,
    )
    upload_chunk = providers.Singleton(
        UploadChunk, adapters.imports, adapters.import_spool, run_imports
    )
    cancel_import = providers.Singleton(CancelImport, adapters.imports, run_imports, sessions.clock)
    check_bars = providers.Singleton(
        CheckBars, adapters.bars, adapters.quality, adapters.import_queue, sessions.clock
    )
    stream_series = providers.Singleton(StreamSeries, adapters.event_bus, sessions.drain)
    servicer = providers.Singleton(
        MarketDataServicer,
        adapters.instruments,
        adapters.bars,
        adapters.ticks,
        adapters.quality,
        check_bars,
        stream_series,
        sessions.places,
    )
    import_servicer = providers.Singleton(
        ImportServicer,
        adapters.imports,
        create_import,
        upload_chunk,
        cancel_import,
        adapters.event_bus,
        streams,
        sessions.places,
    )


class Brokers(containers.DeclarativeContainer):
    """The way to each broker, behind the last limit."""

    sessions = providers.DependenciesContainer()
    adapters = providers.DependenciesContainer()

    limits = providers.Singleton(
        SendingLimits,
        sessions.settings.provided.broker_orders_per_minute,
        sessions.settings.provided.broker_notional_per_minute,
    )
    paper = providers.Singleton(LimitedBroker, adapters.paper, limits, sessions.clock)
    router = providers.Singleton(BrokerRouter, adapters.accounts, providers.Dict(paper=paper))


class Orders(containers.DeclarativeContainer):
    """Accounts and orders: the one authority on money."""

    sessions = providers.DependenciesContainer()
    adapters = providers.DependenciesContainer()
    streams = providers.Dependency(instance_of=Streams)
    broker = providers.Dependency(instance_of=BrokerRouter)

    apply_reports = providers.Singleton(ApplyReports, adapters.accounts, broker)
    dispatch_orders = providers.Singleton(
        DispatchOrders,
        adapters.accounts,
        broker,
        apply_reports,
        sessions.clock,
        adapters.lease,
    )
    desk = providers.Singleton(
        InProcessOrderDesk, adapters.accounts, dispatch_orders, apply_reports, adapters.paper
    )
    last_prices = providers.Singleton(LastPrices, adapters.bars)
    create_account = providers.Singleton(
        CreateAccount, adapters.accounts, sessions.clock, sessions.ids
    )
    place_order = providers.Singleton(
        PlaceOrder,
        adapters.accounts,
        adapters.instruments,
        last_prices,
        dispatch_orders,
        adapters.paper_fees,
    )
    cancel_order = providers.Singleton(CancelOrder, adapters.accounts, dispatch_orders)
    place_order_group = providers.Singleton(
        PlaceOrderGroup, adapters.accounts, adapters.instruments, last_prices, dispatch_orders
    )
    cancel_order_group = providers.Singleton(CancelOrderGroup, adapters.accounts, dispatch_orders)
    replace_order = providers.Singleton(ReplaceOrder, adapters.accounts, dispatch_orders)
    reissue_order = providers.Singleton(ReissueOrder, adapters.accounts, dispatch_orders)
    cancel_all_orders = providers.Singleton(
        CancelAllOrders, adapters.accounts, adapters.instruments, dispatch_orders
    )
    close_positions = providers.Singleton(
        ClosePositions, adapters.accounts, adapters.instruments, dispatch_orders
    )
    watch_account = providers.Singleton(WatchAccount, adapters.accounts, streams)
    read_accounts = providers.Singleton(
        ReadAccounts, adapters.accounts, adapters.instruments, sessions.places
    )
    account_servicer = providers.Singleton(
        AccountServicer, read_accounts, create_account, watch_account, close_positions
    )
    order_servicer = providers.Singleton(
        OrderServicer,
        read_accounts,
        place_order,
        cancel_order,
        replace_order,
        reissue_order,
        cancel_all_orders,
        place_order_group,
        cancel_order_group,
    )


class Strategies(containers.DeclarativeContainer):
    """The library and the runs."""

    sessions = providers.DependenciesContainer()
    adapters = providers.DependenciesContainer()
    streams = providers.Dependency(instance_of=Streams)
    prepare = providers.Dependency(instance_of=Prepare)
    desk = providers.Dependency(instance_of=InProcessOrderDesk)

    install_built_ins = providers.Singleton(InstallBuiltIns, adapters.strategies, sessions.clock)
    read_strategies = providers.Singleton(ReadStrategies, adapters.strategies, sessions.places)
    push_strategy = providers.Singleton(
        PushStrategy, adapters.strategies, adapters.processes, sessions.clock
    )
    drive_run = providers.Singleton(
        DriveRun,
        adapters.runs,
        adapters.strategies,
        adapters.instruments,
        adapters.feed,
        desk,
        adapters.processes,
        sessions.clock,
    )
    host = providers.Singleton(RunHost, adapters.runs, desk, drive_run, sessions.clock)
    start_run = providers.Singleton(
        StartRun, prepare, adapters.runs, desk, host, sessions.clock, sessions.ids
    )
    stop_run = providers.Singleton(StopRun, adapters.runs, host)
    pause_run = providers.Singleton(PauseRun, adapters.runs, host)
    flatten_run = providers.Singleton(
        FlattenRun, adapters.runs, desk, host, streams, adapters.event_bus
    )
    set_parameters = providers.Singleton(
        SetRunParameters,
        adapters.runs,
        adapters.strategies,
        adapters.instruments,
        adapters.processes,
        host,
    )
    run_logs = providers.Singleton(
        ReadRunLogs, adapters.runs, sessions.places, streams, adapters.event_bus
    )
    watch_run = providers.Singleton(WatchRun, adapters.runs, streams, adapters.event_bus)
    read_runs = providers.Singleton(ReadRuns, adapters.runs, sessions.places)
    replay_run = providers.Singleton(
        ReplayRun,
        adapters.runs,
        adapters.strategies,
        adapters.instruments,
        adapters.accounts,
        adapters.processes,
        sessions.drain,
    )
    archive_strategy = providers.Singleton(ArchiveStrategy, adapters.strategies, sessions.clock)
    servicer = providers.Singleton(
        StrategyServicer, read_strategies, push_strategy, archive_strategy
    )
    run_servicer = providers.Singleton(
        RunServicer,
        read_runs,
        start_run,
        stop_run,
        watch_run,
        pause_run,
        flatten_run,
        set_parameters,
        run_logs,
        replay_run,
    )


class Backtests(containers.DeclarativeContainer):
    """Backtests: the queue, the workers, the results."""

    sessions = providers.DependenciesContainer()
    adapters = providers.DependenciesContainer()
    streams = providers.Dependency(instance_of=Streams)
    prepare = providers.Dependency(instance_of=Prepare)

    run_backtests = providers.Singleton(
        RunBacktests,
        adapters.backtests,
        adapters.strategies,
        adapters.bars,
        adapters.backtest_results,
        adapters.job_queue,
        sessions.clock,
    )
    create_backtest = providers.Singleton(
        CreateBacktest,
        prepare,
        adapters.backtests,
        run_backtests,
        sessions.clock,
        sessions.ids,
    )
    cancel_backtest = providers.Singleton(
        CancelBacktest, adapters.backtests, run_backtests, sessions.clock
    )
    read_backtests = providers.Singleton(
        ReadBacktests, adapters.backtests, adapters.backtest_results, sessions.places
    )
    watch_backtest = providers.Singleton(
        WatchBacktest, adapters.backtests, streams, adapters.event_bus
    )
    servicer = providers.Singleton(
        BacktestServicer, read_backtests, create_backtest, cancel_backtest, watch_backtest
    )


class Exports(containers.DeclarativeContainer):
    """What the house keeps, as files."""

    sessions = providers.DependenciesContainer()
    adapters = providers.DependenciesContainer()
    streams = providers.Dependency(instance_of=Streams)

    source = providers.Singleton(
        Source,
        adapters.bars,
        adapters.accounts,
        adapters.backtests,
        adapters.backtest_results,
    )
    run_exports = providers.Singleton(
        RunExports, adapters.exports, source, adapters.export_files, sessions.clock
    )
    create_export = providers.Singleton(
        CreateExport,
        adapters.exports,
        adapters.instruments,
        source,
        run_exports,
        sessions.clock,
        sessions.ids,
    )
    cancel_export = providers.Singleton(CancelExport, adapters.exports, run_exports, sessions.clock)
    read_exports = providers.Singleton(
        ReadExports, adapters.exports, adapters.export_files, sessions.places, sessions.clock
    )
    watch_export = providers.Singleton(WatchExport, adapters.exports, streams, adapters.event_bus)
    servicer = providers.Singleton(
        ExportServicer, read_exports, create_export, cancel_export, watch_export
    )


class Reports(containers.DeclarativeContainer):
    """What happened, and why it was not the same twice."""

    sessions = providers.DependenciesContainer()
    adapters = providers.DependenciesContainer()

    run_record = providers.Singleton(
        RunRecord, adapters.runs, adapters.accounts, adapters.instruments
    )
    backtest_record = providers.Singleton(
        BacktestRecord, adapters.backtests, adapters.backtest_results, adapters.instruments
    )
    rehearse_run = providers.Singleton(
        RehearseRun,
        adapters.runs,
        adapters.strategies,
        adapters.instruments,
        adapters.accounts,
        adapters.processes,
    )
    compare_parity = providers.Singleton(
        CompareParity,
        adapters.runs,
        run_record,
        backtest_record,
        rehearse_run,
        sessions.places,
    )
    servicer = providers.Singleton(ReportServicer, compare_parity)
