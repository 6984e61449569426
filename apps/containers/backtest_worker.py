"""The main of a backtest's worker: `python -m apps.containers.backtest_worker …`."""

from adapters.parquet.backtest_results import write_results
from adapters.parquet.files import read_snapshot
from adapters.worker_process.child.backtesting import Backtesting
from adapters.worker_process.child.main import live
from domain.market_data.columns import BarColumns
from ports.backtest_worker import BacktestJob


def bars_of(job: BacktestJob) -> BarColumns:
    """The bars of a job, split-adjusted."""
    return read_snapshot(job.bars, start_ts=job.start_ts, end_ts=job.end_ts)


if __name__ == "__main__":
    live(Backtesting(bars_of, write_results))
