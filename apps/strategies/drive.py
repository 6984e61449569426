"""Drives one run through its market: keep what it is told, tell it, place what it wishes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

from apps.strategies.reins import Reins
from domain.instruments import Instrument
from domain.market_data.bar import Bar
from domain.orders.request import Wish
from domain.strategies.run import Run, RunState
from ports.clock import Clock
from ports.instrument_store import InstrumentStore
from ports.market_data_feed import MarketDataFeed
from ports.order_desk import AccountEntry, OrderDesk
from ports.run_store import RunInput, RunStore
from ports.strategy_process import StrategyCode, StrategyProcess, StrategyProcesses
from ports.strategy_store import StrategyStore

TELL_EVERY = 100_000_000  # ns between two tellings of a run's progress
BATCH = 1_000  # inputs told again at a time


class DriveRun:
    """The order of things, for a bar of the replay:

    1. the desk moves the account's market to the bar and books the fills;
    2. what happened in the account, and the bar, are kept as the run's next input;
    3. the strategy is told, and the desk places what it wishes;
    4. only then comes the next bar.

    After a crash every kept input is told again to a new process, and only the last one's wishes
    are placed: each of them is placed once, however often that happens.
    """

    def __init__(
        self,
        runs: RunStore,
        strategies: StrategyStore,
        instruments: InstrumentStore,
        feed: MarketDataFeed,
        desk: OrderDesk,
        processes: StrategyProcesses,
        clock: Clock,
    ) -> None:
        self._runs = runs
        self._strategies = strategies
        self._instruments = instruments
        self._feed = feed
        self._desk = desk
        self._processes = processes
        self._clock = clock

    async def __call__(self, run: Run, reins: Reins) -> None:
        """Returns when the market ends or somebody pulls.

        Raises StrategyBroke, and what the desk and the stores raise.
        """
        if run.state is RunState.STOPPING:
            reins.stop()
            return
        instrument = await self._instruments.get(run.instrument_id)
        process = await self._processes.start(run.run_id, await self._code(run), [instrument])
        try:
            at_work = _AtWork(run, process, self._runs, self._desk, self._clock)
            last = await at_work.take_up(instrument)
            bars = self._bars(run, None if last is None else last.bar)
            async with aclosing(reins.until_pulled(bars)) as coming:
                async for bar in coming:
                    if await at_work.hear(bar) is RunState.STOPPING:
                        reins.stop()
            if at_work.has_begun and not reins.left:
                await process.finish()
        finally:
            await process.kill()

    async def _code(self, run: Run) -> StrategyCode:
        version = await self._strategies.version(run.tenant, run.strategy_id, run.version_id)
        return StrategyCode(
            strategy_id=run.strategy_id,
            source=version.source,
            class_name=version.class_name,
            parameters=run.parameters,
        )

    def _bars(self, run: Run, heard: Bar | None) -> AsyncIterator[Bar]:
        return self._feed.bars(
            run.instrument_id,
            run.timeframe,
            start_ts=run.replay.start_ts,
            end_ts=run.replay.end_ts,
            after_ts=None if heard is None else heard.open_ts,
            bars_per_second=run.replay.bars_per_second,
        )


class _AtWork:
    """A run with its process: what it knows of the account, and its next input's number."""

    def __init__(
        self,
        run: Run,
        process: StrategyProcess,
        runs: RunStore,
        desk: OrderDesk,
        clock: Clock,
    ) -> None:
        self._run = run
        self._process = process
        self._runs = runs
        self._desk = desk
        self._clock = clock
        self._seq = 0
        self._version = 0
        self._told_ts = 0

    @property
    def has_begun(self) -> bool:
        """Whether the strategy was ever told anything."""
        return self._seq > 0

    async def take_up(self, instrument: Instrument) -> RunInput | None:
        """Opens the account, and brings the process to where the run was; its last input."""
        run = self._run
        await self._desk.open(
            run.tenant, run.account_id, run.run_id, {instrument.instrument_id: instrument}
        )
        before = await self._runs.last_input(run.tenant, run.run_id)
        if before is not None and before.bar is not None:
            # The market has seen it, but a crash while the run ended may have cost its mark.
            await self._desk.advance(run.tenant, run.account_id, before.bar)
        last = await self._tell_again()
        await self._runs.change(run.tenant, run.run_id, Run.running)
        return last

    async def hear(self, bar: Bar) -> RunState:
        """One bar, from the market to the last order that it causes. Returns how the run stands."""
        run = self._run
        if not self._seq:
            await self._tell(bar.open_ts, None)
        await self._desk.advance(run.tenant, run.account_id, bar)
        return await self._tell(bar.ts, bar)

    async def _tell(self, ts: int, bar: Bar | None) -> RunState:
        entries = await self._news()
        version = entries[-1].version if entries else self._version
        told = RunInput(self._seq + 1, ts, version, entries, bar)
        run = await self._record(told)
        self._seq, self._version = told.seq, version
        await self._place(told, await self._process.tell([told]))
        return run.state

    async def _news(self) -> tuple[AccountEntry, ...]:
        """What happened in the account since the last input."""
        run, version = self._run, self._version
        news: list[AccountEntry] = []
        while some := await self._desk.entries(run.tenant, run.account_id, after=version):
            news += some
            version = some[-1].version
        return tuple(news)

    async def _record(self, told: RunInput) -> Run:
        now = self._clock.now()
        is_due = now - self._told_ts >= TELL_EVERY
        if is_due:
            self._told_ts = now
        return await self._runs.record(self._run.tenant, self._run.run_id, told, tell=is_due)

    async def _place(self, told: RunInput, wishes: Sequence[Wish]) -> None:
        run = self._run
        if wishes:
            await self._desk.place(run.tenant, run.account_id, run.run_id, told.ts, wishes)

    async def _tell_again(self) -> RunInput | None:
        """Tells every kept input again, in order; places only what answers the last one."""
        last: RunInput | None = None
        wishes: Sequence[Wish] = ()
        while inputs := await self._runs.inputs(
            self._run.tenant, self._run.run_id, after=self._seq, limit=BATCH
        ):
            wishes = await self._process.tell(inputs)
            last = inputs[-1]
            self._seq, self._version = last.seq, last.version
        if last is not None:
            await self._place(last, wishes)
        return last
