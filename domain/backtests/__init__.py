"""Backtests: the same decisions as on paper and live, over columns of history.

`from domain.backtests import backtest` is all a notebook needs.
"""

from domain.backtests.engine import (
    BacktestCanceled,
    BacktestSpec,
    Checkpoint,
    run_backtest,
)
from domain.backtests.equity import EquityCurve
from domain.backtests.notebook import backtest
from domain.backtests.result import BacktestResult, OpenPosition
from domain.backtests.statistics import Statistics
from domain.backtests.tables import Table
from domain.reports.svg import Figure

__all__ = [
    "BacktestCanceled",
    "BacktestResult",
    "BacktestSpec",
    "Checkpoint",
    "EquityCurve",
    "Figure",
    "OpenPosition",
    "Statistics",
    "Table",
    "backtest",
    "run_backtest",
]
