"""Where work waits for a process of its own: backtests, imports."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

Job_contra = TypeVar("Job_contra", contravariant=True)
Progress_co = TypeVar("Progress_co", covariant=True)
Outcome_co = TypeVar("Outcome_co", covariant=True)


class JobWorker(Protocol[Job_contra, Progress_co, Outcome_co]):
    """Does one job after the other, or many at a time: it has no limit of its own."""

    async def work(
        self, job: Job_contra, on_progress: Callable[[Progress_co], Awaitable[None]]
    ) -> Outcome_co:
        """Does the job to its end in a process of its own. Cancelling the call ends the process.

        Raises the DomainError of the kind of job when the process ends by itself, is silent for too
        long, or says that it broke.
        """
        ...


class JobQueue(Protocol[Job_contra, Progress_co, Outcome_co]):
    """Runs jobs in the order they come, as many at a time as it has places."""

    async def run(
        self, job: Job_contra, on_progress: Callable[[Progress_co], Awaitable[None]]
    ) -> Outcome_co:
        """Waits for a place, then works; the first progress, of nothing done, says that it began.

        Cancelling the call gives the place free and ends the worker at once. Raises as the worker.
        """
        ...
