"""Has backtests run: from the queue through a worker to kept results."""

import asyncio
from collections.abc import Sequence

import structlog

from domain.backtests.record import Backtest, Progress
from domain.errors import DomainError, Unavailable
from ports.backtest_results import BacktestResults
from ports.backtest_store import BacktestStore
from ports.backtest_worker import BacktestJob, BacktestQueue
from ports.bar_store import BarStore
from ports.clock import Clock
from ports.strategy_process import StrategyCode
from ports.strategy_store import StrategyStore

log = structlog.get_logger("backtests")


class RunBacktests:
    """One task a backtest. What has not ended when we leave starts anew at the next start."""

    def __init__(
        self,
        backtests: BacktestStore,
        strategies: StrategyStore,
        bars: BarStore,
        results: BacktestResults,
        queue: BacktestQueue,
        clock: Clock,
    ) -> None:
        self._backtests = backtests
        self._strategies = strategies
        self._bars = bars
        self._results = results
        self._queue = queue
        self._clock = clock
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._leaving = False

    def start(self, backtest: Backtest) -> None:
        """Puts it into the queue. Harmless twice."""
        name = backtest.backtest_id
        if self._leaving or name in self._at_work or not backtest.is_active:
            return
        task = asyncio.create_task(self.run(backtest), name=name)
        self._at_work[name] = task
        task.add_done_callback(lambda _: self._at_work.pop(name, None))

    async def resume(self) -> Sequence[Backtest]:
        """Queues again whatever has not ended, in the old order; at start."""
        waiting = await self._backtests.to_do()
        for backtest in waiting:
            self.start(backtest)
        return waiting

    async def stop(self, backtest_id: str) -> None:
        """Ends the worker, or takes the backtest from the queue; returns when it is gone."""
        if task := self._at_work.get(backtest_id):
            task.cancel()
            await asyncio.wait([task])

    async def drain(self) -> None:
        """Ends every worker. Their backtests stay as they are and start anew at the next start."""
        self._leaving = True
        tasks = list(self._at_work.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def wait(self, backtest_id: str) -> None:
        """Returns when the backtest is no longer at work here."""
        if task := self._at_work.get(backtest_id):
            await asyncio.wait([task])

    async def run(self, backtest: Backtest) -> None:
        """Runs one backtest to its end, which is kept whatever it was."""
        try:
            await self._run(backtest)
        except Unavailable:
            log.exception("backtest_waits_for_the_next_start", backtest_id=backtest.backtest_id)
        except DomainError as error:
            await self._fail(backtest, error.reason, error.message)
        except Exception:  # a fault of ours ends this backtest and leaves the others alone
            log.exception("backtest_fell_over", backtest_id=backtest.backtest_id)
            await self._fail(backtest, "INTERNAL_ERROR", "the platform failed; see its log")
        finally:
            await self._results.discard(backtest.backtest_id)

    async def _run(self, backtest: Backtest) -> None:
        job = await self._job(backtest)

        async def tell(progress: Progress) -> None:
            await self._backtests.change(
                backtest.tenant, backtest.backtest_id, lambda now: now.advanced(progress)
            )

        outcome = await self._queue.run(job, tell)
        await self._results.keep(backtest.backtest_id)
        ts = self._clock.now()
        await self._backtests.change(
            backtest.tenant, backtest.backtest_id, lambda now: now.succeeded(outcome, ts)
        )

    async def _job(self, backtest: Backtest) -> BacktestJob:
        version = await self._strategies.version(
            backtest.tenant, backtest.strategy_id, backtest.version_id
        )
        code = StrategyCode(
            strategy_id=backtest.strategy_id,
            source=version.source,
            class_name=version.class_name,
            parameters=backtest.parameters,
        )
        return BacktestJob(
            code=code,
            bars=await self._bars.snapshot(backtest.instrument_id, backtest.timeframe),
            start_ts=backtest.start_ts,
            end_ts=backtest.end_ts,
            cash=backtest.cash,
            results=await self._results.prepare(backtest.backtest_id),
            limits=backtest.limits,
        )

    async def _fail(self, backtest: Backtest, reason: str, message: str) -> None:
        ts = self._clock.now()
        await self._backtests.change(
            backtest.tenant, backtest.backtest_id, lambda now: now.failed(ts, reason, message)
        )
