"""Where backtests wait for a worker."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from domain.backtests.record import Outcome, Progress
from ports.backtest_worker import BacktestJob


class JobQueue(Protocol):
    """Runs jobs in the order they come, as many at a time as it has places."""

    async def run(
        self, job: BacktestJob, on_progress: Callable[[Progress], Awaitable[None]]
    ) -> Outcome:
        """Waits for a place, then works; the first progress, of no bars, says that it began.

        Cancelling the call gives the place free and ends the worker at once. Raises StrategyBroke.
        """
        ...
