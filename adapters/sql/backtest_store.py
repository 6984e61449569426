"""Backtests on SQL."""

from adapters.sql.database import Database
from adapters.sql.jobs import SqlJobs
from adapters.sql.tables.backtests import backtests
from domain.backtests.record import Backtest
from ports.backtest_store import BacktestStore
from ports.clock import Clock


class SqlBacktestStore(SqlJobs[Backtest], BacktestStore):
    """A backtest is a job; its orders, fills and equity lie in files."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock, backtests, Backtest, "backtest")
