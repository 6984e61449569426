"""What host and worker say to each other about a backtest."""

from msgspec import Struct

from adapters.worker_process.messages import Broke
from domain.backtests.record import Outcome, Progress
from ports.backtest_worker import BacktestJob


class Backtest(Struct, frozen=True, tag="backtest"):
    """Do this backtest. All that the host says."""

    job: BacktestJob


class Advanced(Struct, frozen=True, tag="advanced"):
    """It is so far."""

    progress: Progress


class Summing(Struct, frozen=True, tag="summing"):
    """The author's code has done its part. What is left is ours, and may be silent for long."""


class Done(Struct, frozen=True, tag="done"):
    """It is over and its results are written."""

    outcome: Outcome


BacktestSaid = Advanced | Summing | Done | Broke
