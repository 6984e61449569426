"""The kill switch over orders and runs."""

from collections.abc import Callable

from dependency_injector import containers, providers

from apps.brokers.routing import BrokerRouter
from apps.orders.kill.bring_down import BringDown
from apps.orders.kill.cancel_meant import CancelMeant
from apps.orders.kill.close_meant import CloseMeant
from apps.orders.kill.enforce import EnforceKillSwitches
from apps.orders.kill.press_kill_switch import PressKillSwitch
from apps.orders.kill.read_kill_switches import ReadKillSwitches
from apps.orders.kill.release_kill_switch import ReleaseKillSwitch
from apps.orders.kill.servicer import KillSwitchServicer
from apps.orders.kill.verify import Verify
from apps.orders.kill.watch_kill_switches import WatchKillSwitches
from apps.streams import Streams
from domain.strategies.run import Run


class KillSwitches(containers.DeclarativeContainer):
    """Pressing and releasing, and the worker that cancels, closes and verifies."""

    sessions = providers.DependenciesContainer()
    adapters = providers.DependenciesContainer()
    streams = providers.Dependency(instance_of=Streams)
    orders = providers.DependenciesContainer()
    broker = providers.Dependency(instance_of=BrokerRouter)
    ring: providers.Dependency[Callable[[Run], None]] = providers.Dependency()
    """Has a run hear what was asked of it."""

    bring_down = providers.Singleton(
        BringDown,
        adapters.kill_switches,
        adapters.runs,
        providers.Singleton(CancelMeant, adapters.accounts, orders.dispatch_orders),
        providers.Singleton(CloseMeant, adapters.accounts, orders.dispatch_orders, sessions.clock),
        providers.Singleton(Verify, adapters.accounts, broker, adapters.runs, sessions.clock),
    )
    enforce = providers.Singleton(
        EnforceKillSwitches, adapters.kill_switches, adapters.runs, bring_down, ring
    )
    press = providers.Singleton(
        PressKillSwitch,
        adapters.kill_switches,
        adapters.ownership,
        adapters.instruments,
        sessions.clock,
        sessions.ids,
        enforce.provided.wake,
    )
    release = providers.Singleton(ReleaseKillSwitch, adapters.kill_switches, sessions.clock)
    read = providers.Singleton(
        ReadKillSwitches, adapters.kill_switches, adapters.kill_file, sessions.places
    )
    watch = providers.Singleton(
        WatchKillSwitches, adapters.kill_switches, streams, adapters.event_bus
    )
    servicer = providers.Singleton(KillSwitchServicer, read, press, release, watch)
