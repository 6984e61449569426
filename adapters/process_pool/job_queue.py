"""Jobs in worker processes of this machine."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ports.job_queue import JobQueue, JobWorker

Job = TypeVar("Job")
Progress = TypeVar("Progress")
Outcome = TypeVar("Outcome")


class ProcessPool(JobQueue[Job, Progress, Outcome]):
    """`places` workers at a time, a fresh process a job; whoever comes first is served first.

    `begun` is the progress of a job of which nothing is done.
    """

    def __init__(
        self, worker: JobWorker[Job, Progress, Outcome], places: int, begun: Progress
    ) -> None:
        self._worker = worker
        self._places = asyncio.Semaphore(places)
        self._begun = begun

    async def run(self, job: Job, on_progress: Callable[[Progress], Awaitable[None]]) -> Outcome:
        async with self._places:
            await on_progress(self._begun)
            return await self._worker.work(job, on_progress)
