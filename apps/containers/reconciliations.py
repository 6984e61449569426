"""Reconciliation over the adapters."""

import asyncio

from dependency_injector import containers, providers

from apps.brokers.routing import BrokerRouter
from apps.orders.apply_reports import ApplyReports
from apps.orders.dispatch_orders import DispatchOrders
from apps.orders.reconciliation.look import Look
from apps.orders.reconciliation.read_reconciliations import ReadReconciliations
from apps.orders.reconciliation.reconcile import Reconcile
from apps.orders.reconciliation.servicer import ReconciliationServicer
from apps.orders.reconciliation.settle_break import SettleBreak
from apps.orders.reconciliation.watch_breaks import WatchBreaks
from apps.streams import Streams


class Reconciliations(containers.DeclarativeContainer):
    """Looks at accounts, breaks, their fixes."""

    sessions = providers.DependenciesContainer()
    adapters = providers.DependenciesContainer()
    streams = providers.Dependency(instance_of=Streams)
    broker = providers.Dependency(instance_of=BrokerRouter)
    apply_reports = providers.Dependency(instance_of=ApplyReports)
    dispatch_orders = providers.Dependency(instance_of=DispatchOrders)

    look = providers.Singleton(
        Look,
        adapters.reconciliations,
        broker,
        providers.Dict(paper=adapters.paper),
        apply_reports,
        adapters.instruments,
        sessions.clock,
        pause=providers.Object(asyncio.sleep),
        wake=dispatch_orders.provided.wake,
    )
    reconcile = providers.Singleton(
        Reconcile,
        look,
        adapters.accounts,
        adapters.reconciliations,
        sessions.clock,
        sessions.ids,
        pause=providers.Object(asyncio.sleep),
        every=sessions.settings.provided.reconcile_every,
    )
    settle = providers.Singleton(
        SettleBreak,
        look,
        adapters.accounts,
        adapters.reconciliations,
        broker,
        sessions.clock,
        adapters.lease,
    )
    read = providers.Singleton(ReadReconciliations, adapters.reconciliations, sessions.places)
    watch = providers.Singleton(WatchBreaks, adapters.reconciliations, streams, adapters.event_bus)
    servicer = providers.Singleton(ReconciliationServicer, read, reconcile, settle, watch)
