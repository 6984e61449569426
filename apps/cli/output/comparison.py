"""Backtests side by side: a line a figure, the best of each marked."""

import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from apps.cli.output.report import REPORT
from apps.cli.output.views import Column, lookup
from apps.cli.output.words import in_words

Json = dict[str, Any]

_MORE_IS_BETTER = (
    "final_equity",
    "total_return",
    "cagr",
    "sharpe",
    "sortino",
    "max_drawdown",  # negative
    "calmar",
    "win_rate",
    "profit_factor",
    "expectancy",
    "realised_pnl",
    "best_day",
    "worst_day",
    "value_at_risk_95",
    "expected_shortfall_95",
)
_LESS_IS_BETTER = ("volatility", "max_drawdown_days", "fees")
_TITLE = "Backtest"
_LEFT_OUT = {_TITLE, "Result hash"}


def best_of(backtests: Sequence[Json]) -> dict[str, list[str]]:
    """The ids of the best by figure; a figure that is the same for all has none."""
    chosen = {}
    for figure, sign in _figures():
        values = {
            each["backtest_id"]: sign * Decimal(str(value))
            for each in backtests
            if (value := lookup(each, f"statistics.{figure}")) != ""
        }
        numbers = {key: value for key, value in values.items() if not value.is_nan()}
        if len(set(numbers.values())) > 1:
            most = max(numbers.values())
            chosen[figure] = [key for key, value in numbers.items() if value == most]
    return chosen


def write_comparison(backtests: Sequence[Json]) -> None:
    """A table for people on stdout. Brings rich."""
    from rich.console import Console
    from rich.table import Table

    best = best_of(backtests)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(_TITLE, style="bold")
    for each in backtests:
        table.add_column(each["backtest_id"], justify="right", overflow="fold")
    for column in REPORT.columns:
        cells = [_cell(each, column, best) for each in backtests]
        if column.title not in _LEFT_OUT and any(cells):
            table.add_row(column.title, *cells)
    Console(file=sys.stdout, width=400, height=100, highlight=False).print(table)


def _cell(backtest: Json, column: Column, best: dict[str, list[str]]) -> str:
    words = in_words(backtest, column)
    figure = column.path.removeprefix("statistics.")
    if backtest["backtest_id"] not in best.get(figure, ()):
        return words.replace("[", "\\[")
    return f"[bold green]{words} *[/]"


def _figures() -> list[tuple[str, int]]:
    return [(each, 1) for each in _MORE_IS_BETTER] + [(each, -1) for each in _LESS_IS_BETTER]
