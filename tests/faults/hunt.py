"""Engines that are killed and started again, clients that insist, and the count at the end."""

import asyncio
import itertools
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from domain.values import MONEY_SCALE
from tests.faults import check, wire
from tests.faults.double import Told
from tests.faults.points import DRAIN
from tests.faults.workload import CASH, Clients, socket_in
from tests.simulation.oracle import Violation

REST_SECONDS = 120.0
POINT_SECONDS = 15.0
WAKING_SECONDS = 0.5
ACCOUNTS = (("unique", 3), ("not_unique", 1))


class Plan(Struct, frozen=True):
    """What to do. `points` maps crash points to how often each."""

    kills: int = 0
    points: dict[str, int] = {}
    stops: int = 0
    """How often whoever holds the lease stands still for longer than it lasts; two engines then."""
    rate: float = 50.0
    seed: int = 1


class Outcome(Struct):
    """What came of it. Times in seconds from a kill."""

    kills: int = 0
    points: dict[str, int] = {}
    stops: int = 0
    takeovers: int = 0
    orders: int = 0
    repeats: int = 0
    faults: int = 0
    violations: list[Violation] = []
    wrong: list[str] = []
    stale: int = 0
    past_guard: int = 0
    old_writes: int = 0
    reads: list[float] = []
    sends: list[float] = []
    seconds: float = 0.0


class Store:
    """Where the engines keep everything: how one is started on it, and how it is read."""

    @property
    def environment(self) -> dict[str, str]:
        """Settings for the engines."""
        return {}

    async def read(self, query: Callable[[Any], Any]) -> Any:
        """Runs the function on a connection."""
        raise NotImplementedError


class Process:
    """One engine, started again as often as it dies."""

    def __init__(self, folder: Path, broker: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._broker = broker
        self._environment = os.environ | environment
        self._log = (folder.parent / f"{folder.name}.log").open("ab")
        self._child: asyncio.subprocess.Process | None = None

    @property
    def socket(self) -> Path:
        """Where clients reach it."""
        return socket_in(self.folder)

    async def start(self, *point: str) -> None:
        """Returns at once."""
        self._child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.engine"),
            *(str(self.folder), str(self._broker), *point),
            stdout=asyncio.subprocess.PIPE,
            stderr=self._log,
            env=self._environment,
        )

    async def ready(self) -> bool:
        """Returns when it serves; False when it died before."""
        assert self._child is not None
        assert self._child.stdout is not None
        return bool(await self._child.stdout.readline())

    async def end(self, how: signal.Signals) -> int:
        """Ends it; its exit code."""
        assert self._child is not None
        with suppress(ProcessLookupError):
            self._child.send_signal(how)
        while not await self.dies(WAKING_SECONDS):  # it may have stopped itself: it hears nothing
            with suppress(ProcessLookupError):
                self._child.send_signal(signal.SIGCONT)
        return await self._child.wait()

    @property
    def stands_still(self) -> bool:
        """Whether it was stopped, and not woken yet."""
        assert self._child is not None
        state = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state == "T"

    def signal(self, what: signal.Signals) -> None:
        """Sends it, and returns."""
        assert self._child is not None
        self._child.send_signal(what)

    def writes(self) -> list[tuple[str, int, int]]:
        """Account, version and epoch of each change that it has made, in its order."""
        log = self.folder.with_name(f"{self.folder.name}.writes")
        lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        return [(account_id, int(version), int(epoch)) for account_id, version, epoch in lines]

    async def dies(self, within: float) -> bool:
        """Whether it dies by itself in that time."""
        assert self._child is not None
        try:
            async with asyncio.timeout(within):
                await self._child.wait()
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        self._log.close()


class Line:
    """The runner's own line to the double."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def ask(self, method: str, account_id: str, body: object, kind: Any) -> Any:
        reader, writer = await asyncio.open_unix_connection(str(self._socket))
        number = next(self._numbers)
        writer.write(wire.frame(wire.Call(number, method, account_id, wire.raw(body))))
        while (answer := await wire.read(reader, wire.Answer)).number != number:
            continue
        writer.close()
        return msgspec.msgpack.decode(answer.body, type=kind, dec_hook=lambda own, of: own(of))


class Hunt:
    """One broker double, one engine, many deaths."""

    def __init__(self, folder: Path, store: Store, plan: Plan, told: Callable[[str], None]) -> None:
        self._folder = folder
        self._store = store
        self._plan = plan
        self._told = told
        self._random = Random(f"{plan.seed} kills")
        self._socket = folder / "broker.sock"
        self.outcome = Outcome()

    async def __call__(self) -> Outcome:
        """All of the plan, then rest, then the count."""
        begun = time.monotonic()
        double = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.double"),
            *(str(self._socket), str(self._plan.seed)),
        )
        names = ("engine", "other") if self._plan.stops else ("engine",)
        engines = [
            Process(self._folder / name, self._socket, self._store.environment) for name in names
        ]
        clients = Clients([one.folder for one in engines], self._plan.seed)
        try:
            for one in engines:
                if one is not engines[0]:
                    share_bars(engines[0].folder, one.folder)
                await one.start(*(("P6", "20", "stop") if self._plan.stops else ()))
                if not await one.ready():
                    raise RuntimeError((self._folder / f"{one.folder.name}.log").read_text())
                if not one.socket.exists():
                    raise RuntimeError(f"{one.socket} is not there: is the folder's name too long?")
            await self._open_accounts(clients)
            stop = asyncio.Event()
            trading = asyncio.create_task(clients.trade(self._plan.rate, stop))
            await self._kill_at_random(engines[0], clients)
            await self._kill_at_points(engines[0])
            await self._stop_holders(engines)
            stop.set()
            while not trading.done():
                wake(engines)  # who stopped itself answers nobody
                await asyncio.wait({trading}, timeout=WAKING_SECONDS)
            trading.result()
            await self._rest(engines, clients)
        finally:
            await clients.close()
            for one in engines:
                with suppress(ProcessLookupError):
                    await one.end(signal.SIGKILL)
                one.close()
            double.kill()
            await double.wait()
        self.outcome.seconds = time.monotonic() - begun
        return self.outcome

    async def _open_accounts(self, clients: Clients) -> None:
        line = Line(self._socket)
        for profile, count in ACCOUNTS:
            for number in range(count):
                account_id = await clients.open(f"{profile} {number}")
                wanted = wire.Open(profile, CASH * MONEY_SCALE)
                await line.ask("open", account_id, wanted, None)

    async def _kill_at_random(self, engine: Process, clients: Clients) -> None:
        for number in range(self._plan.kills):
            await asyncio.sleep(self._random.uniform(0.05, 1.5))
            _, epoch = await self._last_submit()
            killed = time.monotonic()
            await engine.end(signal.SIGKILL)
            await engine.start()
            await clients.until_read()
            self.outcome.reads.append(time.monotonic() - killed)
            await self._until_sent(killed, epoch)
            self.outcome.kills += 1
            self._told(
                f"killed {number + 1} of {self._plan.kills}, {clients.answered} orders; "
                f"read after {self.outcome.reads[-1]:.1f} s, sent after "
                f"{self.outcome.sends[-1]:.1f} s"
            )

    async def _last_submit(self) -> tuple[float, int]:
        """When an order last reached the broker, and by whose epoch."""
        return await Line(self._socket).ask("last_submit", "", None, tuple[float, int])

    async def _until_sent(self, killed: float, epoch: int) -> None:
        """Returns when an order has reached the broker from a later epoch than that.

        What the dead one had written may still arrive. At most so long a test waits.
        """
        for _ in range(int(REST_SECONDS / 0.05)):
            sent, by = await self._last_submit()
            if sent > killed and by > epoch:
                self.outcome.sends.append(sent - killed)
                return
            await asyncio.sleep(0.05)
        self.outcome.sends.append(REST_SECONDS)
        self.outcome.wrong.append("no order was sent again after a kill")

    async def _kill_at_points(self, engine: Process) -> None:
        for point, times in self._plan.points.items():
            for _ in range(times):
                await engine.end(signal.SIGKILL)
                if await self._died_at(point, engine):
                    hit = self.outcome.points
                    hit[point] = hit.get(point, 0) + 1
            self._told(f"{point}: died {self.outcome.points.get(point, 0)} of {times} times")
        if self._plan.points:
            await engine.end(signal.SIGKILL)
            await engine.start()
            await engine.ready()

    async def _died_at(self, point: str, engine: Process) -> bool:
        if point != DRAIN:
            await engine.start(point, str(self._random.randint(1, 4)))
            return await engine.dies(POINT_SECONDS)
        await engine.start()
        await engine.ready()
        await asyncio.sleep(self._random.uniform(0.1, 0.5))  # some orders are under way
        engine.signal(signal.SIGTERM)
        await asyncio.sleep(self._random.uniform(0.0, 0.05))
        return await engine.end(signal.SIGKILL) == -signal.SIGKILL

    async def _stop_holders(self, engines: list[Process]) -> None:
        """Wakes who stands still when its lease is long gone; half of them stop anywhere."""
        epoch = await self._epoch()
        while self.outcome.stops < self._plan.stops:
            engine = self._random.choice(engines)
            if self._random.random() < 0.5 and not any(one.stands_still for one in engines):
                engine.signal(signal.SIGSTOP)
            still = [one for one in engines if one.stands_still]
            if not still:
                await asyncio.sleep(0.1)
                continue
            await asyncio.sleep(self._random.uniform(2.5, 5.0))
            for one in still:
                one.signal(signal.SIGCONT)
                self.outcome.stops += 1
            await asyncio.sleep(self._random.uniform(0.2, 1.0))
            self._told(f"stopped {self.outcome.stops} of {self._plan.stops} times")
        self.outcome.takeovers = await self._epoch() - epoch

    async def _epoch(self) -> int:
        return int(await self._store.read(check.epoch) or 0)

    async def _rest(self, engines: list[Process], clients: Clients) -> None:
        """Faults end; then everything must come to its end by itself."""
        line = Line(self._socket)
        await line.ask("calm", "", None, None)
        left: dict[str, int] = {}
        for _ in range(int(REST_SECONDS / 0.5)):
            wake(engines)
            await line.ask("close", "", None, None)
            if not (left := await self._open(line)):
                break
            await asyncio.sleep(0.5)
        codes = [await one.end(signal.SIGTERM) for one in engines]
        told: Told = await line.ask("tell", "", None, Told)
        self._count(clients, told)
        self.outcome.old_writes = old_writes([one.writes() for one in engines])
        if left or any(codes):
            self.outcome.wrong.append(f"did not come to rest: {left}, exit codes {codes}")
        self.outcome.violations = await self._store.read(
            lambda connection: check.violations(connection, told.books, clients.asked)
        )

    async def _open(self, line: Line) -> dict[str, int]:
        told: Told = await line.ask("tell", "", None, Told)

        def query(connection: Any) -> dict[str, int]:
            left = check.waiting(connection)
            for account_id, book in told.books.items():
                behind = len(book.reports) + book.undelivered
                if behind > check.booked(connection, account_id):
                    left[f"reports of {account_id}"] = behind
            return left

        return await self._store.read(query)

    def _count(self, clients: Clients, told: Told) -> None:
        outcome = self.outcome
        outcome.orders, outcome.repeats = clients.answered, clients.repeats
        outcome.wrong += clients.wrong
        outcome.faults = told.seen.faults
        outcome.stale, outcome.past_guard = len(told.seen.stale), len(told.seen.past_guard)


def wake(engines: list[Process]) -> None:
    """Wakes those that stand still."""
    for one in engines:
        if one.stands_still:
            one.signal(signal.SIGCONT)


def share_bars(owner: Path, other: Path) -> None:
    """Two engines on one store read the same files of bars, as from a disk that both have."""
    other.mkdir()
    for name in ("bars", "ticks"):
        (other / name).symlink_to(owner / name)


def old_writes(logs: list[list[tuple[str, int, int]]]) -> int:
    """Changes of an account by an epoch after a later epoch had changed it."""
    newest: dict[str, int] = {}
    found = 0
    for account_id, _, epoch in sorted(change for log in logs for change in log):
        found += epoch < newest.get(account_id, 0)
        newest[account_id] = max(epoch, newest.get(account_id, 0))
    return found
