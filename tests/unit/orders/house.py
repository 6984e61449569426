"""The orders service as a process would wire it: real files, a clock that we set, no waiting."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.paper.broker import PaperBroker
from adapters.parquet.bar_store import ParquetBarStore
from adapters.sql.account_store import SqlAccountStore
from adapters.sql.event_bus import SqlEventBus
from adapters.sql.instrument_store import SqlInstrumentStore
from adapters.sql.migrate import migrate
from adapters.sql.sqlite_database import SqliteDatabase
from adapters.system.ids import RandomIds
from apps.caller import Caller
from apps.drain import Drain
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
from apps.paging import Places
from apps.requests import request_key
from apps.streams import Streams
from domain.market_data.bar import Bar
from domain.orders.records import AccountKey, AccountRecord, OrderRecord
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.orders.wanted import NewAccount, OrderTerms
from domain.simulation.fees import Fees
from ports.account_store import AccountStore, OrderQuery
from ports.broker import Broker
from ports.clock import Clock
from ports.lease import Lease
from ports.order_desk import AccountEntry
from ports.paper_market import PaperMarket
from ports.request_log import RequestKey
from tests.builders import AAPL, MONDAY_OPEN, MSFT, an_instrument, bars_of
from tests.leases import SoleHolder

TENANT = "local"
ME = Caller(tenant=TENANT, principal="me", scopes=frozenset())


class ManualClock(Clock):
    def __init__(self, ts: int = MONDAY_OPEN) -> None:
        self.ts = ts

    def now(self) -> int:
        return self.ts


async def no_pause(seconds: float) -> None:
    """Patience without waiting; others get their turn."""
    await asyncio.sleep(0)


def a_request(name: str = "", body: object = "", method: str = "Test") -> RequestKey:
    """The key of a request that is called `name`; a fresh one without a name."""
    request_id = str(uuid.uuid5(uuid.NAMESPACE_OID, name)) if name else str(uuid.uuid4())
    return request_key(ME, method, request_id, [str(body)])


def terms(
    side: Side = Side.BUY,
    quantity: object = 100,
    instrument: str = AAPL,
    *,
    limit: str | None = None,
    stop: str | None = None,
    time_in_force: TimeInForce = TimeInForce.DAY,
) -> OrderTerms:
    """A client's order; its type follows from its prices."""
    kinds = {
        (False, False): OrderType.MARKET,
        (True, False): OrderType.LIMIT,
        (False, True): OrderType.STOP,
        (True, True): OrderType.STOP_LIMIT,
    }
    return OrderTerms(
        instrument,
        side,
        Decimal(str(quantity)),
        kinds[limit is not None, stop is not None],
        None if limit is None else Decimal(limit),
        None if stop is None else Decimal(stop),
        time_in_force,
    )


@cache
def _new_database() -> bytes:
    with TemporaryDirectory() as folder:
        migrate(Path(folder) / "trademesh.db")
        return (Path(folder) / "trademesh.db").read_bytes()


class House:
    """What one process holds; `folder` outlives it."""

    def __init__(
        self,
        folder: Path,
        clock: ManualClock,
        fees: Fees | None = None,
        volume_percent: int = 0,
    ) -> None:
        folder.mkdir(exist_ok=True)
        if not (folder / "trademesh.db").exists():
            (folder / "trademesh.db").write_bytes(_new_database())
        self.clock = clock
        self.database = SqliteDatabase(folder / "trademesh.db")
        self.bus = SqlEventBus(self.database)
        self.drain = Drain()
        self.places = Places(b"secret")
        self.instruments = SqlInstrumentStore(self.database)
        self.bars = ParquetBarStore(self.database, folder / "bars", self.instruments, clock)
        self.accounts = SqlAccountStore(self.database, clock)
        self.fees = fees or Fees()
        self.paper = PaperBroker(folder / "paper.db", fees=self.fees, volume_percent=volume_percent)
        self.create_account = CreateAccount(self.accounts, clock, RandomIds())
        self.read = ReadAccounts(self.accounts, self.instruments, self.places)
        self.streams = Streams(self.bus, self.places, self.drain)
        self.watch = WatchAccount(self.accounts, self.streams)
        self.connect(self.paper)

    def connect(
        self,
        broker: Broker,
        accounts: AccountStore | None = None,
        market: PaperMarket | None = None,
        lease: Lease | None = None,
    ) -> None:
        """Trade through this broker, and keep through this store, from now on."""
        store, shown_on = accounts or self.accounts, market or self.paper
        self.apply_reports = ApplyReports(store, broker)
        self.dispatch = DispatchOrders(
            store, broker, self.apply_reports, self.clock, lease or SoleHolder(), pause=no_pause
        )
        prices = LastPrices(self.bars)
        self.place_order = PlaceOrder(store, self.instruments, prices, self.dispatch, self.fees)
        self.cancel_order = CancelOrder(store, self.dispatch)
        self.place_group = PlaceOrderGroup(store, self.instruments, prices, self.dispatch)
        self.cancel_group = CancelOrderGroup(store, self.dispatch)
        self.replace_order = ReplaceOrder(store, self.dispatch)
        self.reissue_order = ReissueOrder(store, self.dispatch)
        self.cancel_all = CancelAllOrders(store, self.instruments, self.dispatch)
        self.close = ClosePositions(store, self.instruments, self.dispatch)
        self.desk = InProcessOrderDesk(store, self.dispatch, self.apply_reports, shown_on)

    def servicers(self) -> tuple[AccountServicer, OrderServicer]:
        return (
            AccountServicer(self.read, self.create_account, self.watch, self.close),
            OrderServicer(
                self.read,
                self.place_order,
                self.cancel_order,
                self.replace_order,
                self.reissue_order,
                self.cancel_all,
                self.place_group,
                self.cancel_group,
            ),
        )

    async def furnish(self, closes: Sequence[float] = (99.0, 100.0)) -> None:
        """Two shares, the last of them at 100."""
        for name in (AAPL, MSFT):
            await self.instruments.save(an_instrument(name))
            await self.bars.append(name, "1m", bars_of(closes), source="test")

    async def account(
        self, capital: str = "100000", limits: RiskLimits | None = None
    ) -> AccountKey:
        """A new account."""
        new = NewAccount("test", Decimal(capital), limits=limits or RiskLimits())
        opened = await self.create_account(TENANT, new, a_request())
        return AccountKey(TENANT, opened.terms.account_id)

    async def place(self, account: AccountKey, wanted: OrderTerms | None = None) -> OrderRecord:
        """A client's order, with the broker when it returns."""
        order = await self.place_order(account, wanted or terms(), a_request())
        await self.dispatch(account, order.order_id)
        return await self.order(account, order.order_id)

    async def order(self, account: AccountKey, order_id: str) -> OrderRecord:
        return await self.accounts.order(account.tenant, account.account_id, order_id)

    async def orders(self, account: AccountKey) -> list[OrderRecord]:
        """Oldest first."""
        found = await self.accounts.orders(
            account.tenant, account.account_id, OrderQuery(), before=0, limit=10_000
        )
        return list(reversed(found))

    async def state(self, account: AccountKey, order_id: str) -> OrderState:
        return (await self.order(account, order_id)).state

    async def money(self, account: AccountKey) -> AccountRecord:
        return await self.accounts.get(account.tenant, account.account_id)

    async def log(self, account: AccountKey) -> list[AccountEntry]:
        return list(await self.desk.entries(account.tenant, account.account_id, after=0))

    async def events(self, account: AccountKey) -> list[str]:
        return [type(entry.event).__name__ for entry in await self.log(account)]

    async def open_market(self, account: AccountKey, run_id: str = "run_1") -> None:
        """A run drives the account from now on."""
        instruments = {name: an_instrument(name) for name in (AAPL, MSFT)}
        await self.desk.open(account.tenant, account.account_id, run_id, instruments)

    async def show(self, account: AccountKey, *bars: Bar) -> None:
        """The market moves."""
        for bar in bars:
            await self.desk.advance(account.tenant, account.account_id, bar)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """With the workers of the service running."""
        workers = [
            asyncio.ensure_future(work)
            for work in (self.dispatch.run(), self.apply_reports.run(self.dispatch.wake))
        ]
        try:
            yield
        finally:
            for worker in workers:
                worker.cancel()
                with suppress(asyncio.CancelledError):
                    await worker

    def crash(self) -> None:
        """The process is gone; its files stay."""
        self.paper.close()
        self.database.close()


@asynccontextmanager
async def a_house(
    folder: Path,
    *,
    clock: ManualClock | None = None,
    fees: Fees | None = None,
    volume_percent: int = 0,
) -> AsyncIterator[House]:
    """A process from start to end."""
    house = House(folder, clock or ManualClock(), fees, volume_percent)
    try:
        yield house
    finally:
        house.crash()
