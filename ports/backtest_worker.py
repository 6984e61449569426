"""Where a backtest is worked out: in a process apart, as author's code is in it."""

from typing import TypeAlias

from msgspec import Struct

from domain.backtests.record import Outcome, Progress
from domain.orders.risk.limits import Limits
from ports.bar_store import BarSnapshot
from ports.job_queue import JobQueue, JobWorker
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
    limits: Limits | None = None


# Both raise StrategyBroke.
BacktestWorker: TypeAlias = JobWorker[BacktestJob, Progress, Outcome]
BacktestQueue: TypeAlias = JobQueue[BacktestJob, Progress, Outcome]
