"""The whole platform in one process."""

import logging
import time
from pathlib import Path

from dependency_injector import containers, providers
from joserfc.jwk import OKPKey

from adapters.data_folder import DataFolder
from adapters.envoy.listening import check_port
from adapters.local_token.issuer import LocalTokenIssuer, write_token
from apps.containers.edge import backend_address, envoy_process
from apps.containers.embedded import Adapters
from apps.containers.kill_switches import KillSwitches
from apps.containers.reconciliations import Reconciliations
from apps.containers.risk import Risk
from apps.containers.services import (
    Backtests,
    Brokers,
    Exports,
    MarketData,
    Orders,
    Reports,
    Strategies,
)
from apps.containers.sessions import Sessions
from apps.containers.stores import prepare_store
from apps.interceptors.access import all_scopes
from apps.logs import start_logging
from apps.prepare import Prepare
from apps.retention.forget import Forget
from apps.server import Server
from apps.settings import Settings
from apps.streams import Streams
from trademesh.backtests.v1 import backtest_service_pb2_grpc as backtest_rpc
from trademesh.exports.v1 import export_service_pb2_grpc as export_rpc
from trademesh.market_data.v1 import import_service_pb2_grpc as import_rpc
from trademesh.market_data.v1 import market_data_service_pb2_grpc as market_rpc
from trademesh.orders.v1 import account_service_pb2_grpc as account_rpc
from trademesh.orders.v1 import kill_switch_service_pb2_grpc as kill_rpc
from trademesh.orders.v1 import order_service_pb2_grpc as order_rpc
from trademesh.orders.v1 import reconciliation_service_pb2_grpc as reconciliation_rpc
from trademesh.orders.v1 import risk_service_pb2_grpc as risk_rpc
from trademesh.reports.v1 import report_service_pb2_grpc as report_rpc
from trademesh.strategies.v1 import run_service_pb2_grpc as run_rpc
from trademesh.strategies.v1 import strategy_service_pb2_grpc as strategy_rpc

LOCAL_TENANT, LOCAL_PRINCIPAL = "local", "local-user"


class PlatformContainer(containers.DeclarativeContainer):
    """Every service, its adapters, and the edge in front."""

    settings = providers.Dependency(instance_of=Settings)
    folder = providers.Dependency(instance_of=DataFolder)
    sockets = providers.Dependency(instance_of=Path)

    sessions = providers.Container(Sessions, settings=settings, folder=folder)
    adapters = providers.Container(Adapters, sessions=sessions)
    streams = providers.Singleton(Streams, adapters.event_bus, sessions.places, sessions.drain)
    prepare = providers.Singleton(Prepare, adapters.strategies, adapters.instruments, adapters.bars)

    market_data = providers.Container(
        MarketData, sessions=sessions, adapters=adapters, streams=streams
    )
    brokers = providers.Container(Brokers, sessions=sessions, adapters=adapters)
    orders = providers.Container(
        Orders,
        sessions=sessions,
        adapters=adapters,
        streams=streams,
        broker=brokers.router,
    )
    strategies = providers.Container(
        Strategies,
        sessions=sessions,
        adapters=adapters,
        streams=streams,
        prepare=prepare,
        desk=orders.desk,
    )
    backtests = providers.Container(
        Backtests, sessions=sessions, adapters=adapters, streams=streams, prepare=prepare
    )

    exports = providers.Container(Exports, sessions=sessions, adapters=adapters, streams=streams)
    reports = providers.Container(Reports, sessions=sessions, adapters=adapters)
    risk = providers.Container(Risk, sessions=sessions, adapters=adapters)
    reconciliations = providers.Container(
        Reconciliations,
        sessions=sessions,
        adapters=adapters,
        streams=streams,
        broker=brokers.router,
        apply_reports=orders.apply_reports,
        dispatch_orders=orders.dispatch_orders,
    )
    kill_switches = providers.Container(
        KillSwitches,
        sessions=sessions,
        adapters=adapters,
        streams=streams,
        orders=orders,
        broker=brokers.router,
        ring=strategies.host.provided.ring,
    )

    forget = providers.Singleton(
        Forget,
        adapters.retention,
        sessions.clock,
        event_days=settings.provided.event_days,
        request_days=settings.provided.request_days,
    )

    server = providers.Singleton(
        Server,
        providers.Callable(backend_address, sockets),
        providers.List(
            *(
                providers.List(add, servicer)
                for add, servicer in (
                    (market_rpc.add_MarketDataServiceServicer_to_server, market_data.servicer),
                    (import_rpc.add_ImportServiceServicer_to_server, market_data.import_servicer),
                    (account_rpc.add_AccountServiceServicer_to_server, orders.account_servicer),
                    (order_rpc.add_OrderServiceServicer_to_server, orders.order_servicer),
                    (risk_rpc.add_RiskServiceServicer_to_server, risk.servicer),
                    (
                        reconciliation_rpc.add_ReconciliationServiceServicer_to_server,
                        reconciliations.servicer,
                    ),
                    (kill_rpc.add_KillSwitchServiceServicer_to_server, kill_switches.servicer),
                    (strategy_rpc.add_StrategyServiceServicer_to_server, strategies.servicer),
                    (run_rpc.add_RunServiceServicer_to_server, strategies.run_servicer),
                    (backtest_rpc.add_BacktestServiceServicer_to_server, backtests.servicer),
                    (export_rpc.add_ExportServiceServicer_to_server, exports.servicer),
                    (report_rpc.add_ReportServiceServicer_to_server, reports.servicer),
                )
            )
        ),
        tokens=adapters.token_verifier,
        ownership=adapters.ownership,
        drain=sessions.drain,
        local=settings.provided.reflection,
    )
    envoy = providers.Singleton(envoy_process, settings, folder, sessions.token_key, sockets)


def open_folder(settings: Settings) -> DataFolder:
    """The data folder, ours from now on, with a log in it and the schema of this code.

    Raises `NotAllowedNow`: PORT_IN_USE, DATA_DIR_IN_USE, DATA_DIR_UNUSABLE, SCHEMA_TOO_NEW.
    """
    folder = DataFolder.open(settings.data_dir)
    try:
        check_port(settings.host, settings.port)
        start_logging(folder.logs, logging.getLevelNamesMapping()[settings.log_level.upper()])
        prepare_store(settings, folder)
    except BaseException:
        folder.close()
        raise
    return folder


def issue_token(folder: DataFolder, key: OKPKey, server: Server) -> None:
    """Gives the local user a token that carries every scope there is."""
    issuer = LocalTokenIssuer(key, time.time)
    scopes = all_scopes(server.access.values())
    write_token(folder.token, issuer.issue(LOCAL_TENANT, LOCAL_PRINCIPAL, scopes))
