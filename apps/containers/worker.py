"""The main of a worker process: `python -m apps.containers.worker <pid of the host>`."""

from pathlib import Path

from adapters.worker_process.child.main import main
from domain.backtests.result import BacktestResult
from domain.market_data.columns import BarColumns
from ports.strategy_process import BacktestJob


def bars_of(job: BacktestJob) -> BarColumns:
    """The bars of a job, split-adjusted."""
    from adapters.parquet.files import read_snapshot  # only a backtest pays for DuckDB

    return read_snapshot(job.bars, start_ts=job.start_ts, end_ts=job.end_ts)


def write_results(folder: Path, result: BacktestResult) -> None:
    """Orders, fills and equity as Parquet files."""
    from adapters.parquet import backtest_results

    backtest_results.write_results(folder, result)


if __name__ == "__main__":
    main(bars_of, write_results)
