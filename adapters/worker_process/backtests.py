"""Backtests in worker processes of this machine."""

from collections.abc import Awaitable, Callable

from adapters.worker_process.backtest_messages import (
    Advanced,
    Backtest,
    BacktestSaid,
    Done,
    Summing,
)
from adapters.worker_process.process import Worker
from adapters.worker_process.processes import unexpected
from domain.backtests.record import Outcome, Progress
from ports.backtest_worker import BacktestJob, BacktestWorker


class BacktestProcesses(BacktestWorker):
    """`module` is the worker's main, `timeout` how many seconds it may be silent.

    A worker tells ten times a second how far it is, as long as the author's handlers return.
    """

    def __init__(self, module: str, timeout: float) -> None:
        self._module = module
        self._timeout = timeout

    async def backtest(
        self, job: BacktestJob, on_progress: Callable[[Progress], Awaitable[None]]
    ) -> Outcome:
        worker = await Worker[BacktestSaid].spawn(self._module, BacktestSaid, job.code.strategy_id)
        try:
            worker.say([Backtest(job)])
            patience: float | None = self._timeout
            while True:
                match await worker.hear(patience):
                    case Advanced(progress):
                        await on_progress(progress)
                    case Summing():
                        patience = None
                    case Done(outcome):
                        return outcome
                    case said:
                        raise unexpected(said)
        finally:
            await worker.kill()
