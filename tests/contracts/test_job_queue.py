"""What every job queue promises."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from adapters.process_pool.job_queue import ProcessPool
from domain.backtests.record import Outcome, Progress
from ports.backtest_worker import BacktestJob, BacktestQueue, BacktestWorker
from ports.bar_store import BarSnapshot
from ports.strategy_process import StrategyBroke, StrategyCode
from tests.houses import AAPL


class Held(BacktestWorker):
    """A worker that works until it is let go, and knows who is at work."""

    def __init__(self) -> None:
        self.at_work: list[str] = []
        self.most = 0
        self.gates: dict[str, asyncio.Event] = {}

    async def work(
        self, job: BacktestJob, on_progress: Callable[[Progress], Awaitable[None]]
    ) -> Outcome:
        name = job.results
        self.at_work.append(name)
        self.most = max(self.most, len(self.at_work))
        try:
            await self.gates.setdefault(name, asyncio.Event()).wait()
        finally:
            self.at_work.remove(name)
        raise StrategyBroke(name)

    async def let_go(self, name: str) -> None:
        self.gates.setdefault(name, asyncio.Event()).set()
        await settle()


def a_job(name: str) -> BacktestJob:
    return BacktestJob(
        StrategyCode("s", "", "", {}), BarSnapshot(AAPL, (), ()), None, None, 1, name
    )


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
def worker() -> Held:
    return Held()


@pytest.fixture(params=["process_pool"])
def queue(worker: Held) -> BacktestQueue:
    return ProcessPool(worker, 2, Progress())


async def test_jobs_run_in_order_and_no_more_than_there_are_places(
    queue: BacktestQueue, worker: Held
) -> None:
    began: list[str] = []

    async def run(name: str) -> None:
        async def on_progress(progress: Progress) -> None:
            assert progress == Progress()
            began.append(name)

        with pytest.raises(StrategyBroke):
            await queue.run(a_job(name), on_progress)

    tasks = [asyncio.create_task(run(name)) for name in "abcde"]
    await settle()
    assert began == worker.at_work == ["a", "b"]
    await worker.let_go("b")
    assert worker.at_work == ["a", "c"]
    for name in "acde":
        await worker.let_go(name)
    await asyncio.gather(*tasks)
    assert began == ["a", "b", "c", "d", "e"]
    assert worker.most == 2


async def test_canceling_gives_the_place_free(queue: BacktestQueue, worker: Held) -> None:
    async def on_progress(_progress: Progress) -> None: ...

    tasks = [asyncio.create_task(queue.run(a_job(name), on_progress)) for name in "abc"]
    await settle()
    tasks[0].cancel()
    await settle()
    assert worker.at_work == ["b", "c"]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert worker.at_work == []
