"""Where a backtest is worked out: in a process apart, as author's code is in it."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

from domain.backtests.record import Outcome, Progress
from ports.bar_store import BarSnapshot
from ports.strategy_process import StrategyCode


class BacktestJob(Struct, frozen=True):
    """A backtest for a worker. Everything it reads and writes is named here."""

    code: StrategyCode
    bars: BarSnapshot
    start_ts: int | None
    end_ts: int | None
    cash: int
    """Money at the start, scaled."""
    results: str
    """A folder that is there and empty, to fill; nobody reads it before the job is done."""


class BacktestWorker(Protocol):
    """Does one job after the other, or many at a time: it has no limit of its own."""

    async def backtest(
        self, job: BacktestJob, on_progress: Callable[[Progress], Awaitable[None]]
    ) -> Outcome:
        """Runs the job to its end in a process of its own. Cancelling the call ends the process.

        Raises StrategyBroke.
        """
        ...
