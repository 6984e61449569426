"""Replays a recorded run: does the same strategy, told the same, decide the same?"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from apps.drain import Drain
from apps.strategies.retelling import PAGE, Instruments, Retelling, Telling
from domain.instruments import Instrument
from domain.orders.account import Account
from domain.orders.book import AccountBook
from domain.orders.risk import RiskLimits
from domain.orders.state_hash import state_hash
from domain.strategies.replay_result import (
    AccountReplay,
    ReplayProgress,
    ReplayVerdict,
    RunReplay,
)
from domain.strategies.run import Run
from ports.account_store import AccountStore
from ports.instrument_store import InstrumentStore
from ports.lease import LeaseLost
from ports.run_store import RunStore
from ports.strategy_process import StrategyCode, StrategyProcesses
from ports.strategy_store import StrategyStore

AT_ONCE = 2  # replays; each has a process and keeps a core busy

Told = ReplayProgress | RunReplay


class ReplayRun:
    """Sends nothing and keeps nothing: it reads what is kept, and starts processes of its own."""

    def __init__(
        self,
        runs: RunStore,
        strategies: StrategyStore,
        instruments: InstrumentStore,
        accounts: AccountStore,
        processes: StrategyProcesses,
        drain: Drain,
    ) -> None:
        self._runs = runs
        self._strategies = strategies
        self._instruments = instruments
        self._accounts = accounts
        self._processes = processes
        self._drain = drain
        self._turns = asyncio.Semaphore(AT_ONCE)

    def __call__(self, tenant: str, run_id: str) -> AsyncGenerator[Told, None]:
        """How far it is, now and then, and at last what came out; a run at work up to its last
        input. Close it (`aclosing`) to cancel.

        Raises NotFound, StrategyBroke when the strategy's process ends by something that is no
        decision (a time-out), and Unavailable SERVER_DRAINING when we leave.
        """
        return self._drain.end(self._replay(tenant, run_id))

    async def _replay(self, tenant: str, run_id: str) -> AsyncGenerator[Told, None]:
        run = await self._runs.get(tenant, run_id)
        yield ReplayProgress(0, run.bar_count, 0)
        async with self._turns:
            instrument = await self._instruments.get(run.instrument_id)
            account = await self._accounts.get(tenant, run.account_id)
            async with self._told(run, instrument) as telling:
                known = Instruments(self._instruments)
                known[instrument.instrument_id] = instrument
                limits = account.terms.limits
                pass_ = Retelling(run, telling, self._accounts, known, limits)
                async for bar_count in pass_.steps():
                    yield ReplayProgress(bar_count, run.bar_count, pass_.place.ts)
                verdict = await self._verdict(run, instrument, pass_, telling)
            yield RunReplay(
                run_id=run_id,
                version_id=run.version_id,
                instrument=instrument,
                verdict=verdict,
                bar_count=pass_.bar_count,
                market_ts=pass_.place.ts,
                decision_count=pass_.hashes.count,
                recorded_hash=pass_.hashes.recorded,
                replayed_hash=pass_.hashes.replayed,
                account=await self._account(run, known, limits),
                difference=pass_.difference,
            )

    @asynccontextmanager
    async def _told(self, run: Run, instrument: Instrument) -> AsyncIterator[Telling]:
        """A new process for the run's strategy, made with what the run was started with."""
        version = await self._strategies.version(run.tenant, run.strategy_id, run.version_id)
        code = StrategyCode(
            strategy_id=run.strategy_id,
            source=version.source,
            class_name=version.class_name,
            parameters=run.first_parameters,
        )
        process = await self._processes.start(f"{run.run_id}.replay", code, [instrument])
        try:
            yield Telling(process, self._runs, run)
        finally:
            await process.kill()

    async def _verdict(
        self, run: Run, instrument: Instrument, pass_: Retelling, first: Telling
    ) -> ReplayVerdict:
        """Of a run that decided otherwise: whether it does so each time it is told all of it."""
        if pass_.difference is None:
            return ReplayVerdict.EQUAL
        if not pass_.failure:
            await first.tell_on()
        async with self._told(run, instrument) as again:
            await again.tell_on(first.seq)
        same = again.digest == first.digest
        return ReplayVerdict.DIFFERENT if same else ReplayVerdict.NOT_DETERMINISTIC

    async def _account(
        self, run: Run, known: Instruments, limits: RiskLimits
    ) -> AccountReplay | None:
        """The whole log of the account beside what the store keeps of it.

        None where another process trades: only that one sees an account as a change does.
        """

        def kept_of(book: AccountBook) -> tuple[int, str]:
            return book.version, state_hash(book.account)

        try:
            change = await self._accounts.change(run.tenant, run.account_id, kept_of, rehearse=True)
        except LeaseLost:
            return None
        version, kept = change.value
        account = Account(known, limits, lambda _: None)
        at = 0
        while at < version:
            entries = await self._accounts.entries(
                run.tenant, run.account_id, after=at, limit=min(PAGE, version - at)
            )
            for _, event in await known.learn(entries):
                account.apply(event)
            at = entries[-1].version
        return AccountReplay(version, kept, state_hash(account))
