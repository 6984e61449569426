"""Rehearses a run: the bars that it heard, told again, before the simulated exchange."""

from collections.abc import Sequence

from msgspec.structs import replace

from domain.errors import NotAllowedNow
from domain.instruments import Instrument
from domain.market_data.bar import Bar
from domain.orders.risk import RiskLimits
from domain.reports.parity.decisions import Decisions
from domain.reports.parity.records import Record, RecordKind
from domain.reports.parity.rehearsal import Rehearsal
from domain.simulation.fees import Fees
from domain.strategies.commands import Flatten, Pause, Resume
from domain.strategies.run import Run
from ports.account_store import AccountStore
from ports.instrument_store import InstrumentStore
from ports.order_desk import AccountEntry, named_in
from ports.run_store import RunInput, RunStore
from ports.strategy_process import StrategyBroke, StrategyCode, StrategyProcess, StrategyProcesses
from ports.strategy_store import StrategyStore

PAGE = 1_000
MOST_BARS = 20_000  # somebody waits for the answer, and a call is given 30 s


class RehearseRun:
    """Keeps nothing and sends nothing. `fees` are what the simulated exchange asks."""

    def __init__(
        self,
        runs: RunStore,
        strategies: StrategyStore,
        instruments: InstrumentStore,
        accounts: AccountStore,
        processes: StrategyProcesses,
        fees: Fees | None = None,
    ) -> None:
        self._runs = runs
        self._strategies = strategies
        self._instruments = instruments
        self._accounts = accounts
        self._processes = processes
        self._fees = fees

    async def __call__(self, run: Run, recorded: Record) -> Record:
        """The record that the rehearsal makes, beside the `recorded` one of the run.

        Raises NotAllowedNow TOO_MANY_BARS, and StrategyBroke where the strategy's process ends by
        something other than its own code.
        """
        if run.bar_count > MOST_BARS:
            raise NotAllowedNow(
                f"run {run.run_id} heard {run.bar_count} bars, more than {MOST_BARS}: compare it"
                " with a backtest",
                reason="TOO_MANY_BARS",
                run_id=run.run_id,
            )
        account = await self._accounts.get(run.tenant, run.account_id)
        process = await self._start(run, recorded.instrument)
        try:
            stage = Stage(run, process, recorded.instrument, account.terms.limits, self._fees)
            await self._play(run, stage)
        finally:
            await process.kill()
        return stage.record(recorded)

    async def _play(self, run: Run, stage: "Stage") -> None:
        after = 0
        while page := await self._runs.inputs(run.tenant, run.run_id, after=after, limit=PAGE):
            for told in page:
                await stage.know(told.entries, self._instruments)
                if not await stage.hear(told):
                    return
            after = page[-1].seq

    async def _start(self, run: Run, instrument: Instrument) -> StrategyProcess:
        version = await self._strategies.version(run.tenant, run.strategy_id, run.version_id)
        code = StrategyCode(
            strategy_id=run.strategy_id,
            source=version.source,
            class_name=version.class_name,
            parameters=run.first_parameters,
        )
        return await self._processes.start(f"{run.run_id}.rehearsal", code, [instrument])


class Stage:
    """A rehearsal in the making: the strategy's process before a simulated market."""

    def __init__(
        self,
        run: Run,
        process: StrategyProcess,
        instrument: Instrument,
        limits: RiskLimits,
        fees: Fees | None,
    ) -> None:
        self._run = run
        self._process = process
        self._limits = limits
        self._fees = fees
        self._known: dict[str, Instrument] = {instrument.instrument_id: instrument}
        self._market: Rehearsal | None = None
        self._decisions = Decisions()
        self._last_bar: Bar | None = None
        self._version = 0
        self._left_out = 0
        self._may_only_reduce = False

    async def know(self, entries: Sequence[AccountEntry], instruments: InstrumentStore) -> None:
        """Looks up the instruments that the log names. Raises NotFound."""
        for instrument_id in named_in(entries):
            if instrument_id not in self._known:
                self._known[instrument_id] = await instruments.get(instrument_id)

    async def hear(self, told: RunInput) -> bool:
        """One input of the run; False when the strategy's own code broke and hears no more.

        Raises StrategyBroke when its process ended by anything else.
        """
        try:
            if told.is_start:
                await self._begin(told)
            elif told.bar is None:
                await self._obey(told)
            else:
                await self._meet(told, told.bar)
        except StrategyBroke as broke:
            if broke.reason != StrategyBroke.default_reason:
                raise
            return False
        return True

    def record(self, recorded: Record) -> Record:
        """What came of it, beside what is recorded of the run."""
        self._news()
        bar, left_out = self._last_bar, self._left_out
        notes = f"{left_out} events of others in the account are left out of the rehearsal"
        return replace(
            recorded,
            kind=RecordKind.REHEARSAL,
            end_ts=recorded.end_ts if bar is None else bar.ts,
            mark=0 if bar is None else round(bar.close * recorded.instrument.price_factor),
            decided=self._decisions.all(),
            notes=(notes,) if left_out else (),
        )

    async def _begin(self, told: RunInput) -> None:
        history = [entry.event for entry in told.entries]
        self._market = Rehearsal(self._known, self._limits, history, told.ts, fees=self._fees)
        self._version = told.version
        await self._process.tell([told])

    async def _meet(self, told: RunInput, bar: Bar) -> None:
        assert self._market is not None, "the first input is the start"
        self._left_out += sum(entry.run_id != self._run.run_id for entry in told.entries)
        self._last_bar = bar
        self._market.meet(bar)
        entries = self._news()
        told = replace(told, version=self._version, entries=entries)
        [reply] = await self._process.tell([told])
        self._market.place(told.ts, reply.wishes, may_only_reduce=self._may_only_reduce)

    async def _obey(self, told: RunInput) -> None:
        assert self._market is not None, "the first input is the start"
        assert told.asked is not None
        match told.asked.command:
            case Pause():
                self._may_only_reduce = True
            case Resume():
                self._may_only_reduce = False
            case Flatten():
                self._may_only_reduce = True
                self._market.flatten(told.ts, self._run.instrument_id, told.asked.number)
        await self._process.tell([replace(told, version=self._version)])

    def _news(self) -> tuple[AccountEntry, ...]:
        """What happened in the simulated account since this was last asked."""
        if self._market is None:
            return ()
        news = self._market.news()
        self._decisions.read(news)
        first = self._version + 1
        self._version += len(news)
        return tuple(
            AccountEntry(first + place, self._run.run_id, event) for place, event in enumerate(news)
        )
