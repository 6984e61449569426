"""Drives one run through its market: keep what it is told, tell it, place what it wishes."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from apps.strategies.at_work import AtWork
from apps.strategies.bell import Bell
from apps.strategies.reins import Reins
from domain.market_data.bar import Bar
from domain.strategies.run import Run, RunState
from ports.clock import Clock
from ports.instrument_store import InstrumentStore
from ports.market_data_feed import MarketDataFeed
from ports.order_desk import OrderDesk
from ports.run_store import RunStore
from ports.strategy_process import StrategyCode, StrategyProcesses
from ports.strategy_store import StrategyStore


class DriveRun:
    """The order of things, for a bar of the replay:

    1. the desk moves the account's market to the bar and books the fills;
    2. what happened in the account, and the bar, are kept as the run's next input;
    3. the strategy is told, and the desk places what it wishes;
    4. what clients have asked of the run meanwhile is kept as its next inputs, each carried out
       before the one after it;
    5. only then comes the next bar.

    After a crash every kept input is told again to a new process, and only the last one is acted
    upon again: each wish is placed once, and each command done once, however often that happens.
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

    async def __call__(self, run: Run, reins: Reins, bell: Bell) -> None:
        """Returns when the market ends or somebody pulls. Rings are answered between two bars.

        Raises StrategyBroke, and what the desk and the stores raise.
        """
        if run.state is RunState.STOPPING:
            reins.stop()
            return
        instrument = await self._instruments.get(run.instrument_id)
        process = await self._processes.start(run.run_id, await self._code(run), [instrument])
        try:
            at_work = AtWork(run, process, self._runs, self._desk, self._clock)
            bars = self._bars(run, await at_work.take_up(instrument))
            async with aclosing(reins.until_pulled(bell.between(bars))) as coming:
                async for bar in coming:
                    state = await (at_work.obey() if bar is None else at_work.hear(bar))
                    if state is RunState.STOPPING:
                        reins.stop()
            if at_work.has_begun and not reins.left:
                await at_work.obey()
                await at_work.finish()
        finally:
            await process.kill()

    async def _code(self, run: Run) -> StrategyCode:
        version = await self._strategies.version(run.tenant, run.strategy_id, run.version_id)
        return StrategyCode(
            strategy_id=run.strategy_id,
            source=version.source,
            class_name=version.class_name,
            parameters=run.first_parameters,
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
