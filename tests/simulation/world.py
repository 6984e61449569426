"""One simulation: a world from its seed, faults until the clients are served, then peace.

After an hour there is peace in any case: only then must everybody be served.
"""

import asyncio
import gc
import hashlib
import sys
from collections.abc import Callable, Collection, Container, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from msgspec import Struct, structs

from adapters.memory.kept_account import KeptAccount
from domain.orders.book import AccountBook, Record
from domain.orders.events import events_to_bytes
from domain.orders.halts import KILL_SWITCH, Halt
from domain.orders.records import AccountKey, AccountTerms
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.values import MONEY_SCALE
from tests.simulation.broker import EPOCH, BrokerBook, Limits, SimBroker, instrument_of
from tests.simulation.clients import INSTRUMENTS, Client, Desk, Run
from tests.simulation.dice import Dice
from tests.simulation.kernel import Kernel
from tests.simulation.lease import LeaseRow
from tests.simulation.life import Gone, Life
from tests.simulation.node import TENANT, Node
from tests.simulation.oracle import Oracle, Violation
from tests.simulation.scenario import PROFILES, Scenario, scenario_of
from tests.simulation.store import SimAccountStore, WatchedMemory
from tests.simulation.virtual_loop import VirtualLoop

TIERS: dict[str, Callable[[int], Any]] = {"kernel": Kernel, "asyncio": VirtualLoop}
CHAOS_SECONDS = 3600.0
CALM_SECONDS = 900.0
CAPITAL = 100_000
POOR = 8_000
"""In this one account buying power ends before the position limit does."""
BURIALS = 5
MAX_POSITION = 250


class Result(Struct, frozen=True):
    """What came of a seed. `trace` is a hash over everything that happened."""

    seed: int
    violations: tuple[Violation, ...]
    trace: str
    orders: int
    faults: int
    crashes: int
    commits: int
    steps: int
    seconds: float
    struck: dict[str, int]
    notes: tuple[str, ...] = ()


class World:
    """Everything there is."""

    def __init__(self, scenario: Scenario, loop: Any, dropped: Container[int]) -> None:
        self._scenario = scenario
        self._loop = loop
        self._notes: list[str] = []
        self._dice = Dice(scenario.seed, scenario.rates, dropped)
        self._memory = WatchedMemory()
        self._broker = SimBroker(scenario.seed, self._dice, loop.time, loop.call_later, self._note)
        self._oracle = Oracle(self._broker.books)
        self._memory.before = self._oracle.before
        self._memory.after = self._note_commit
        row = LeaseRow(self._memory)
        self._nodes = [
            Node(f"n{number}", loop, self._dice, row, self._broker)
            for number in range(1, scenario.nodes + 1)
        ]
        self._desk = Desk(loop, self._dice, self._nodes, scenario.seed)
        self._accounts: list[AccountKey] = []

    async def run(self) -> None:
        """Faults first, then none."""
        self._dice.calm = True
        for number, profile in enumerate(self._scenario.profiles, 1):
            await self._open(f"acc_{number}", profile, short_selling=number % 2 == 0)
        self._dice.calm = False
        keep = [self._loop.create_task(node.run()) for node in self._nodes]
        keep.append(self._loop.create_task(self._operate()))
        clients = [self._loop.create_task(one) for one in self._clients()]
        await self._within(CHAOS_SECONDS, clients)
        self._be_calm()
        if not await self._within(CALM_SECONDS, clients):
            self._oracle.saw("stuck", "clients wait for answers")
        for client in clients:
            client.cancel()
        if not await self._quiet(CALM_SECONDS):
            self._oracle.saw("stuck", "not everything comes to rest")
        self._broker.close_session()
        await self._quiet(CALM_SECONDS)
        self._check()
        self._bury()
        keep.clear()

    def result(self) -> Result:
        """What came of it."""
        digest = hashlib.sha256("\n".join(self._notes).encode())
        for _, account in sorted(self._memory.accounts.items()):
            digest.update(events_to_bytes([event for _, event in account.entries]))
        return Result(
            self._scenario.seed,
            tuple(self._oracle.found),
            digest.hexdigest(),
            sum(len(one.orders) for one in self._memory.accounts.values()),
            sum(self._dice.struck.values()),
            sum(len(node.lives) - 1 for node in self._nodes),
            self._memory.commits,
            self._loop.steps,
            self._loop.time(),
            dict(self._dice.struck),
            tuple(self._notes),
        )

    # the beginning

    async def _open(self, account_id: str, profile: str, *, short_selling: bool) -> None:
        limits = RiskLimits(
            max_position=MAX_POSITION, max_orders_per_second=20, short_selling=short_selling
        )
        amount = (POOR if account_id == "acc_5" else CAPITAL) * MONEY_SCALE
        terms = AccountTerms(account_id, profile, profile, "USD", limits, EPOCH)

        def decide(book: AccountBook) -> None:
            book.account.deposit(EPOCH, amount)
            for name in INSTRUMENTS:
                book.know(instrument_of(name))
                book.account.mark(name, 100.0)

        store = SimAccountStore(Life(self._loop, self._dice, "house"), self._memory)
        await store.create(TENANT, terms, decide)
        may_race = self._scenario.groups and account_id == "acc_1"
        limits_there = Limits(MAX_POSITION, short_selling, may_race)
        self._broker.open(account_id, PROFILES[profile], limits_there, amount)
        self._accounts.append(AccountKey(TENANT, account_id))

    def _clients(self) -> list[Any]:
        scenario = self._scenario
        each = max(1, scenario.orders // (scenario.clients + 1))
        runs = [
            Run(self._desk, self._accounts[0], scenario.hurry, groups=scenario.groups).run(each)
        ]
        for number in range(scenario.clients):
            client = Client(self._desk, f"c{number}", self._accounts, scenario.hurry)
            runs.append(client.run(each))
        return runs

    async def _operate(self) -> None:
        """Somebody presses the kill switch, and releases it."""
        while True:
            await self._desk.pause(1.0)
            if self._dice.strikes("kill_pressed"):
                self._note("kill switch pressed")
                self._memory.halts = (Halt(KILL_SWITCH),)
                await self._desk.pause(self._dice.between(0.5, 5.0))
                self._memory.halts = ()

    # the end

    async def _within(self, seconds: float, tasks: list[Any]) -> bool:
        """Whether all of them are done in time, or something was answered wrongly."""
        until = self._loop.time() + seconds
        while not all(task.done() for task in tasks):
            if self._loop.time() > until or self._desk.wrong:
                return bool(self._desk.wrong)
            await self._desk.pause(0.5)
        for task in tasks:
            task.result()
        return True

    def _be_calm(self) -> None:
        self._note("calm")
        self._dice.calm = True
        self._memory.full_until = 0.0
        for node in self._nodes:
            if node.services is not None:
                node.services.life.stopped_until = 0.0

    async def _quiet(self, seconds: float) -> bool:
        """Whether everything comes to rest in time."""
        until = self._loop.time() + seconds
        while self._is_busy():
            if self._loop.time() > until:
                return False
            await self._desk.pause(2.0)
        return True

    def _is_busy(self) -> bool:
        for account_id, account in self._memory.accounts.items():
            book = self._broker.books[account_id]
            if book.undelivered or account.report_count != len(book.reports):
                return True
            if any(number in account.working for number in account.unsettled(0)):
                return True
            if any(book.in_flight.values()) or self._is_overlooked(account, book):
                return True
        return False

    def _is_overlooked(self, account: KeptAccount, book: BrokerBook) -> bool:
        """Whether an order that we presume to be absent works at the broker."""
        return any(
            account.orders[account.numbers[name]].state == OrderState.PRESUMED_ABSENT
            and any(one.is_working for one in book.by_id.get(name, []))
            for name in book.broke_promise
            if name in account.numbers
        )

    def _check(self) -> None:
        told: dict[str, list[Record]] = {}
        for _, account_id, record in self._memory.outbox:
            told.setdefault(account_id, []).append(record)
        for account in self._accounts:
            asked, may_come = (
                {name for name, (whose, _) in names.items() if whose == account}
                for names in (self._desk.asked, self._desk.may_come)
            )
            self._oracle.account(
                self._memory.accounts[account.account_id],
                self._broker.books[account.account_id],
                asked,
                may_come,
                told.get(account.account_id, []),
            )
            if self._is_busy():
                self._oracle.saw("stuck", f"{account.account_id} is not at rest")
        for what in self._desk.wrong:
            self._oracle.saw("answer", what)
        for node in self._nodes:
            for services in node.lives:
                for what in services.life.wrong:
                    self._oracle.saw("stuck", what)
        for what in self._memory.late_writes:
            self._oracle.saw("epoch", what)
        for what in self._broker.past_the_guard:
            self._oracle.saw("guard", what)

    def _bury(self) -> None:
        """What waits for ever is thrown away, and may not come back while it is."""
        for node in self._nodes:
            for services in node.lives:
                services.life.is_dead = services.life.is_over = True

    def forget(self) -> None:
        """Lets go of the dead: the interpreter does not see who else holds some of them."""
        lives = [services for node in self._nodes for services in node.lives]
        for one in (*lives, *self._nodes, self._desk, self._broker, self._memory, self._oracle):
            vars(one).clear()

    # notes

    def _note(self, what: str) -> None:
        self._notes.append(f"{self._loop.time():.6f} {what}")

    def _note_commit(self, account: Any, book: AccountBook) -> None:
        changed = [event.__class__.__name__ for _, event in book.entries]
        self._note(f"commit {book.account_id} {book.version} {book.report_count} {changed}")


def simulate(
    seed: int,
    orders: int = 200,
    tier: str = "kernel",
    *,
    clients: int = 0,
    without: Collection[str] = (),
    dropped: Container[int] = frozenset(),
) -> Result:
    """One seed, from its beginning to its end. The same seed gives the same result, to the byte.

    A smaller world has fewer `clients`, is `without` some kinds of faults, or leaves single ones
    out by their number.
    """
    loop = TIERS[tier](seed)
    scenario = scenario_of(seed, orders)
    rates = {kind: rate for kind, rate in scenario.rates.items() if kind not in without}
    scenario = structs.replace(scenario, rates=rates, clients=clients or scenario.clients)
    world = World(scenario, loop, dropped)
    with _quiet_burial():
        try:
            loop.run(world.run())
            return world.result()
        finally:
            _close(loop)
            world.forget()
            del world, loop  # whatever still named them would outlive its burial


def _close(loop: Any) -> None:
    for task in asyncio.all_tasks(loop):
        with suppress(RuntimeError, Gone, BaseExceptionGroup):
            task.get_coro().close()
    loop.close()


@contextmanager
def _quiet_burial() -> Iterator[None]:
    """Coroutines of the dead wait for ever; when they are thrown away some want to wait again."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _unraisable: None
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()  # what was there before is not looked through for what is thrown away
    try:
        yield
    finally:
        for _ in range(BURIALS):  # what was waited for goes after those who waited
            if not gc.collect():
                break
        gc.unfreeze()
        sys.unraisablehook = hook
        if was_enabled:
            gc.enable()
