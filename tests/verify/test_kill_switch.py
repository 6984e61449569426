"""The kill switch pressed 500 times under load: what commits behind a press has seen it."""

import asyncio
import statistics
import time
from collections import Counter
from contextlib import aclosing
from functools import partial
from itertools import count, cycle, islice
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from adapters.paper.broker import PaperBroker
from adapters.sql.account_store import SqlAccountStore
from adapters.sql.database import Database
from adapters.sql.kill_switch_store import SqlKillSwitchStore
from adapters.sql.tables.events import events
from adapters.system.clock import SystemClock
from apps.orders.apply_reports import ApplyReports
from apps.orders.cancel_order import ask_to_cancel
from apps.orders.dispatch_orders import DispatchOrders
from domain.orders.book import AccountBook
from domain.orders.identity import client_decision, order_id_of
from domain.orders.kill_switch import (
    KillMode,
    KillScope,
    KillState,
    KillSwitch,
    Press,
    Release,
)
from domain.orders.records import AccountKey, AccountTerms, OrderRecord
from domain.orders.request import Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.values import MONEY_SCALE
from ports.ownership import HOUSE
from tests.builders import AAPL, MSFT, a_wish, an_instrument
from tests.databases import DATABASES, a_database_on
from tests.leases import SoleHolder
from tests.unit.orders.house import TENANT, terms
from tests.unit.orders.kill.house import KillHouse

PRESSES = 500
ACCOUNTS = ("acc_1", "acc_2", "acc_3")
CLIENTS = 2  # in each account
BETWEEN = 2  # orders that are sent between a release and the next press
NEAR = 99 * 10**6
VERIFIED = KillState.VERIFIED

SCOPES = (
    KillScope(TENANT),
    KillScope(TENANT, is_global=True),
    KillScope(TENANT, account_id="acc_1"),
    KillScope(TENANT, instrument_id=AAPL),
)


class Trading:
    """Clients that place and cancel without a pause, and a hand on the switch."""

    def __init__(self, database: Database, book: Path) -> None:
        clock = SystemClock()
        self.database = database
        self.accounts = SqlAccountStore(database, clock)
        self.kills = SqlKillSwitchStore(database, clock)
        self.broker = PaperBroker(book)
        reports = ApplyReports(self.accounts, self.broker)
        self.dispatch = DispatchOrders(self.accounts, self.broker, reports, clock, SoleHolder())
        self.counts: Counter[str] = Counter()
        self.moved = asyncio.Event()
        self._names = count(1)

    async def open(self) -> None:
        def decide(book: AccountBook) -> None:
            book.account.deposit(1, 10**9 * MONEY_SCALE)
            for instrument_id in (AAPL, MSFT):
                book.know(an_instrument(instrument_id))
                book.account.mark(instrument_id, 100.0)

        for name in ACCOUNTS:
            new = AccountTerms(name, "test", "paper", "USD", RiskLimits(), 1)
            await self.accounts.create(TENANT, new, decide)

    async def trade(self, account: AccountKey, instrument_id: str) -> None:
        """Places, sends and cancels one order after the other, for ever."""
        while True:
            number = next(self._names)
            reason = await self.place(account, instrument_id, number)
            if reason:
                self._count("denied")
                continue
            name = self._name(account, number)
            await self.dispatch(account, name)
            was_sent = await self.dispatch.after(account, name, partial(_cancel, name))
            self._count("sent" if was_sent else "stopped before sending")

    async def place(self, account: AccountKey, instrument_id: str, number: int) -> str:
        """The first of the two transactions; the reason of a denial, or nothing."""

        def decide(book: AccountBook) -> str:
            wish = a_wish(Side.BUY, 1, instrument_id, limit=NEAR)
            return book.place(book.now, wish, client_decision(str(number)))[0].reason

        change = await self.accounts.change(
            account.tenant, account.account_id, decide, orders=[self._name(account, number)]
        )
        return change.value

    async def press(self, number: int, scope: KillScope) -> float:
        """How many milliseconds it took until new risk was forbidden."""
        press = Press(f"kill_{number}", scope, KillMode.HALT_NEW, "me", number)
        begun = time.perf_counter()
        await self.kills.press(press)
        return (time.perf_counter() - begun) * 1000

    async def release(self, number: int) -> None:
        await self.kills.release(TENANT, f"kill_{number}", Release("me", number, "on we go"))

    async def after(self, what: str, more: int) -> None:
        """Returns when so many more of these have happened."""
        wanted = self.counts[what] + more
        while self.counts[what] < wanted:
            self.moved.clear()
            await self.moved.wait()

    def _count(self, what: str) -> None:
        self.counts[what] += 1
        self.moved.set()

    def _name(self, account: AccountKey, number: int) -> str:
        return order_id_of(account.tenant, account.account_id, client_decision(str(number)))


def _cancel(name: str, book: AccountBook) -> bool:
    """Asks for its end; False when a switch had ended it between the two transactions."""
    order = book.order(name)
    if order.state is OrderState.DENIED:
        return False
    ask_to_cancel(book, book.now, order)
    return True


def _covers(switch: KillSwitch, order: OrderRecord) -> bool:
    scope = switch.press.scope
    return scope.account_id in ("", order.account_id) and scope.instrument_id in (
        "",
        order.instrument_id,
    )


async def submitted_behind_a_press(database: Database) -> tuple[int, list[str]]:
    """How many orders were sent in all, and which of them a switch covered when they were."""
    question = select(events.c.kind, events.c.payload).order_by(events.c.seq)
    question = question.where(events.c.kind.in_(["order", "kill_switch"]))
    told = await database.read(HOUSE, lambda connection: connection.execute(question).all())
    engaged: dict[str, KillSwitch] = {}
    sent, missed = 0, []
    for kind, payload in told:
        if kind == "kill_switch":
            switch = msgspec.msgpack.decode(payload, type=KillSwitch)
            engaged[switch.kill_switch_id] = switch
            if not switch.is_engaged:
                del engaged[switch.kill_switch_id]
            continue
        order = msgspec.msgpack.decode(payload, type=OrderRecord)
        if order.state is OrderState.SUBMITTED:
            sent += 1
            missed += [order.order_id for one in engaged.values() if _covers(one, order)]
    return sent, missed


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", DATABASES)
async def test_no_order_is_sent_behind_a_press(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_database_on(kind, tmp_path) as database:
        trading = Trading(database, tmp_path / "paper.db")
        await trading.open()
        took = []
        async with asyncio.TaskGroup() as group:  # a client that falls over ends the test
            clients = [
                group.create_task(trading.trade(AccountKey(TENANT, name), instrument))
                for name in ACCOUNTS
                for instrument in islice(cycle((AAPL, MSFT)), CLIENTS)
            ]
            for number, scope in enumerate(islice(cycle(SCOPES), PRESSES)):
                await trading.after("sent", BETWEEN)
                took.append(await trading.press(number, scope))
                await trading.after("denied", 1)
                await trading.release(number)
            for client in clients:
                client.cancel()
        sent, missed = await submitted_behind_a_press(database)
        trading.broker.close()
    with capsys.disabled():
        print(
            f"\nkill switch on {kind}: {PRESSES} presses among {sent} orders sent, "
            f"{trading.counts['denied']} denied, "
            f"{trading.counts['stopped before sending']} taken and not sent; "
            f"trip time p50 {statistics.median(took):.1f} ms, "
            f"p99 {statistics.quantiles(took, n=100)[98]:.1f} ms, max {max(took):.1f} ms"
        )
    assert missed == []
    assert sent >= PRESSES * BETWEEN
    assert trading.counts["denied"] >= PRESSES


async def test_cancels_leave_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """200 working orders in four accounts, as one process with its worker has them."""
    house = KillHouse(tmp_path)
    house.behind(house.paper, pause=asyncio.sleep)
    await house.furnish()
    accounts = [await house.account() for _ in range(4)]
    for number in range(200):
        await house.place(accounts[number % 4], terms(quantity=1, limit="90"))
    worker = asyncio.create_task(house.enforce.run())
    begun = time.perf_counter()
    switch = await house.press(KillMode.CANCEL_ALL)
    async with aclosing(house.watch_kill_switches(TENANT, "")) as told:
        while (await house.kills.get(TENANT, switch.kill_switch_id)).state is not VERIFIED:
            await anext(told)
    seconds = time.perf_counter() - begun
    worker.cancel()
    for account in accounts:
        assert (await house.paper.statement(account, since=0)).orders == ()
    house.crash()
    with capsys.disabled():
        print(f"\n200 orders canceled, and the broker asked, {seconds:.2f} s after the press")


async def test_a_switch_is_still_latched_when_the_store_is_opened_anew(tmp_path: Path) -> None:
    async with a_database_on("sqlite", tmp_path) as database:
        trading = Trading(database, tmp_path / "paper.db")
        await trading.open()
        await trading.press(1, SCOPES[0])
        trading.broker.close()
    async with a_database_on("sqlite", tmp_path) as database:
        trading = Trading(database, tmp_path / "paper.db")
        account = AccountKey(TENANT, "acc_1")
        assert await trading.place(account, AAPL, 1) == "KILL_SWITCH"
        await trading.release(1)
        assert await trading.place(account, AAPL, 2) == ""
        trading.broker.close()
