"""Runs through the real orders service and the paper broker with a book of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.paper.broker import PaperBroker
from adapters.sql.account_store import SqlAccountStore
from adapters.sql.database import Database
from apps.orders.apply_reports import ApplyReports
from apps.orders.create_account import CreateAccount, NewAccount
from apps.orders.desk import InProcessOrderDesk
from apps.orders.dispatch_orders import DispatchOrders
from domain.values import money_to_decimal
from ports.clock import Clock
from ports.order_desk import OrderDesk
from tests.houses import CASH, TENANT, Counted, a_request
from tests.leases import SoleHolder


@dataclass
class Orders:
    """What a test wants to see of it."""

    accounts: SqlAccountStore
    broker: PaperBroker
    desk: InProcessOrderDesk
    dispatch: DispatchOrders
    create_account: CreateAccount

    async def add(self) -> str:
        account = await self.create_account(
            TENANT, NewAccount("test", money_to_decimal(CASH)), a_request()
        )
        return account.terms.account_id


Open = Callable[[Database, Clock], OrderDesk]


class OrdersIn:
    """Opens the orders service over the files of a folder; the newest is `now`.

    `terms` are those of the paper broker: its fees, its share of a bar's volume.
    """

    def __init__(
        self, folder: Path, mortal: Callable[[object], Any] = lambda thing: thing, **terms: Any
    ) -> None:
        self._folder = folder
        self._mortal = mortal
        self._terms = terms
        self.opened: list[Orders] = []

    @property
    def now(self) -> Orders:
        return self.opened[-1]

    def __call__(self, database: Database, clock: Clock) -> OrderDesk:
        accounts = SqlAccountStore(database, clock)
        broker = PaperBroker(self._folder / "paper.db", **self._terms)
        store, market = self._mortal(accounts), self._mortal(broker)
        apply_reports = ApplyReports(store, market)
        dispatch = DispatchOrders(store, market, apply_reports, clock, SoleHolder())
        desk = InProcessOrderDesk(store, dispatch, apply_reports, market)
        ids = Counted(len(self.opened) * 1000)
        self.opened.append(
            Orders(accounts, broker, desk, dispatch, CreateAccount(accounts, clock, ids))
        )
        return desk

    def close(self) -> None:
        for orders in self.opened:
            orders.broker.close()


@pytest.fixture
def orders(tmp_path: Path):
    orders = OrdersIn(tmp_path)
    yield orders
    orders.close()
