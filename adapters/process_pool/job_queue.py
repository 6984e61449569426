"""Jobs in worker processes of this machine."""

import asyncio
from collections.abc import Awaitable, Callable

from domain.backtests.record import Outcome, Progress
from ports.backtest_worker import BacktestJob, BacktestWorker
from ports.job_queue import JobQueue


class ProcessPool(JobQueue):
    """`places` workers at a time, a fresh process a job; whoever comes first is served first."""

    def __init__(self, worker: BacktestWorker, places: int) -> None:
        self._worker = worker
        self._places = asyncio.Semaphore(places)

    async def run(
        self, job: BacktestJob, on_progress: Callable[[Progress], Awaitable[None]]
    ) -> Outcome:
        async with self._places:
            await on_progress(Progress())
            return await self._worker.backtest(job, on_progress)
