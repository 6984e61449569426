"""The room where an account is reckoned up: the real stores, the real paper broker, and a hand that
reaches into either book behind everybody's back.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.sql.reconciliation_store import SqlReconciliationStore
from adapters.system.ids import RandomIds
from apps.orders.reconciliation.look import Look
from apps.orders.reconciliation.reconcile import Reconcile
from apps.orders.reconciliation.settle_break import Decision, SettleBreak
from domain.orders.identity import order_id_of
from domain.orders.reconciliation.breaks import Break
from domain.orders.reconciliation.record import Reconciliation, Trigger
from domain.orders.records import AccountKey, OrderRecord
from domain.orders.request import OrderType, Side, TimeInForce
from ports.broker import Broker, BrokerOrder
from ports.lease import Lease
from tests.builders import AAPL, MONDAY_OPEN, a_bar, an_instrument
from tests.leases import SoleHolder
from tests.unit.orders.house import House, a_house, a_request, no_pause, terms


class CountingRoom:
    """A house with an account in which 10 shares were bought at 100, and all sides agree."""

    def __init__(self, house: House, account: AccountKey) -> None:
        self.house = house
        self.account = account
        self.minute = 0
        self.store = SqlReconciliationStore(house.database, house.clock)
        self.connect(house.paper)

    def connect(self, broker: Broker, lease: Lease | None = None) -> None:
        """Everybody hears of the market through this broker from now on."""
        house = self.house
        house.connect(broker)
        self.look = Look(
            self.store,
            broker,
            {"paper": house.paper},
            house.apply_reports,
            house.instruments,
            house.clock,
            pause=no_pause,
            wake=house.dispatch.wake,
        )
        self.reconcile = Reconcile(
            self.look, house.accounts, self.store, house.clock, RandomIds(), pause=no_pause
        )
        self.settle = SettleBreak(
            self.look, house.accounts, self.store, broker, house.clock, lease or SoleHolder()
        )

    async def cycle(self, trigger: Trigger = Trigger.SCHEDULE) -> Reconciliation:
        """One turn of the schedule."""
        self.house.clock.ts += 60 * 10**9
        return await self.reconcile(self.account, trigger)

    async def breaks(self, *, open_only: bool = True) -> list[Break]:
        """Oldest first."""
        found = await self.store.breaks(
            self.account.tenant, self.account.account_id, open_only=open_only, before=0, limit=99
        )
        return [one for _, one in reversed(found)]

    async def approve(self, one: Break) -> Break:
        decision = Decision(one.break_id, "as the broker says", "me", one.etag)
        return await self.settle.approve(self.account, decision, a_request())

    async def dismiss(self, one: Break) -> Break:
        decision = Decision(one.break_id, "known", "me", one.etag)
        return await self.settle.dismiss(self.account, decision, a_request())

    async def buy(self, quantity: int = 10, *, side: Side = Side.BUY, limit: str | None = None):
        """An order that the broker has."""
        wanted = terms(side, quantity, limit=limit, time_in_force=TimeInForce.GTC)
        return await self.house.place(self.account, wanted)

    async def next_bar(self, price: float = 100.0, instrument_id: str = AAPL) -> None:
        """The market moves, and we hear of it."""
        await self.house.show(self.account, self._bar(price, instrument_id))

    async def unheard_bar(self, price: float = 100.0) -> None:
        """The market moves at the broker, and nobody has told us yet."""
        await self.house.paper.advance(self.account, "run_1", self._bar(price, AAPL))

    async def trade_by_hand(
        self, quantity: int = 5, *, order_id: str = "by-hand", limit: int = 0
    ) -> None:
        """Somebody trades at the broker without us."""
        order = BrokerOrder(
            order_id,
            an_instrument(AAPL),
            Side.BUY,
            quantity,
            OrderType.LIMIT if limit else OrderType.MARKET,
            limit * 10**6,
            0,
            TimeInForce.GTC,
            MONDAY_OPEN,
        )
        await self.house.paper.submit(self.account, order)

    def at_the_broker(self, statement: str, *values: object) -> None:
        """Change the broker's book."""
        self._change(self.house.paper._database, statement, values)

    def in_our_books(self, statement: str, *values: object) -> None:
        """Change our store."""
        self._change(self.house.database, statement, values)

    def orphan(self) -> str:
        """A name of ours that our books do not know."""
        return order_id_of("local", self.account.account_id, "a decision that was lost")

    async def may_open(self) -> str:
        """Empty when new risk may be taken, else why not."""
        order: OrderRecord = await self.house.place_order(
            self.account, terms(Side.BUY, 1, limit="1"), a_request()
        )
        return order.reason

    def _bar(self, price: float, instrument_id: str):
        self.minute += 1
        return a_bar(price, minute=self.minute, instrument_id=instrument_id)

    def _change(self, database: object, statement: str, values: Sequence[object]) -> None:
        with database.engine.connect() as connection:  # type: ignore[attr-defined]
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.exec_driver_sql(statement, tuple(values))
            connection.commit()


@asynccontextmanager
async def a_counting_room(folder: Path) -> AsyncIterator[CountingRoom]:
    async with a_house(folder) as house:
        await house.furnish()
        account = await house.account()
        room = CountingRoom(house, account)
        await house.open_market(account)
        await room.buy()
        await room.next_bar()
        yield room
