"""The orders service of one process, wired as production wires it, over the ports of a life."""

import asyncio
from typing import Any

from apps.orders.apply_reports import ApplyReports
from apps.orders.cancel_order import CancelOrder
from apps.orders.desk import InProcessOrderDesk
from apps.orders.dispatch_orders import DispatchOrders
from apps.orders.last_prices import LastPrice
from apps.orders.place_order import PlaceOrder
from apps.orders.replace_order import ReplaceOrder
from domain.instruments import Instrument
from domain.simulation.fees import Fees
from tests.simulation.broker import EPOCH, SimBroker, instrument_of
from tests.simulation.dice import Dice
from tests.simulation.lease import LeaseRow, SimLease
from tests.simulation.life import Life, wake
from tests.simulation.line import SimLine
from tests.simulation.store import SimAccountStore

TENANT = "local"


class Services:
    """What one life of a process can do."""

    def __init__(self, life: Life, row: LeaseRow, broker: SimBroker) -> None:
        self.life = life
        self.lease = SimLease(life, row)
        self.store = SimAccountStore(life, row.memory, self.lease)
        line = SimLine(life, broker, TENANT, self.lease)
        self.apply_reports = ApplyReports(self.store, line)
        self.dispatch = DispatchOrders(
            self.store, line, self.apply_reports, life, self.lease, pause=life.pause
        )
        prices: Any = _last_price
        self.place_order = PlaceOrder(self.store, _Instruments(), prices, self.dispatch, Fees())
        self.cancel_order = CancelOrder(self.store, self.dispatch)
        self.replace_order = ReplaceOrder(self.store, self.dispatch)
        market: Any = None  # no replay drives these accounts
        self.desk = InProcessOrderDesk(self.store, self.dispatch, self.apply_reports, market)

    async def serve(self) -> None:
        """The workers, from the moment on at which the lease is held. Never ends."""
        spawn = self.life.loop.create_task
        workers: list[asyncio.Task[None]] = []
        while True:
            holding = spawn(self.lease.hold())
            if not workers:
                await self.lease.held()
                workers = [
                    spawn(self.dispatch.run()),
                    spawn(self.apply_reports.run(self.dispatch.wake)),
                ]
                self.life.kept_alive.extend(workers)
                for worker in workers:
                    worker.add_done_callback(self._ended)
            await holding

    def _ended(self, worker: "asyncio.Task[None]") -> None:
        if not self.life.is_dead:
            self.life.wrong.append(f"a worker of {self.life.name} ended: {worker.exception()!r}")


class Node:
    """A machine on which a process runs, dies and is started again."""

    def __init__(self, name: str, loop: Any, dice: Dice, row: LeaseRow, broker: SimBroker) -> None:
        self._name = name
        self._loop = loop
        self._dice = dice
        self._row = row
        self._broker = broker
        self.lives: list[Services] = []

    @property
    def services(self) -> Services | None:
        """What runs there now, if anything does."""
        newest = self.lives[-1] if self.lives else None
        return None if newest is None or newest.life.is_dead else newest

    async def run(self) -> None:
        """Starts the process, and again after each crash."""
        while True:
            life = Life(self._loop, self._dice, f"{self._name}.{len(self.lives) + 1}")
            services = Services(life, self._row, self._broker)
            self.lives.append(services)
            life.kept_alive.append(self._loop.create_task(services.serve()))
            await life.died
            self._broker.listeners.pop(life.name, None)
            waiting = self._loop.create_future()
            self._loop.call_later(self._dice.between(0.1, 5.0), wake, waiting)
            await waiting


class _Instruments:
    async def get(self, name: str) -> Instrument:
        return instrument_of(name)


async def _last_price(instrument_id: str) -> LastPrice:
    return LastPrice(100.0, EPOCH)
