"""What a result says of itself: in a line, in a few figures, and in a notebook."""

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from domain.backtests.tables import times_of

if TYPE_CHECKING:
    from domain.backtests.result import BacktestResult

Figures = list[tuple[str, str]]


def in_a_line(result: "BacktestResult") -> str:
    """What a debugger shows."""
    first, last = _days(result)
    return (
        f"<BacktestResult {first} to {last}: {result.cash:,.2f} → {result.final_equity:,.2f}, "
        f"{result.fill_count:,} fills, {result.result_hash[:12]}>"
    )


def in_figures(result: "BacktestResult") -> Figures:
    """The figures one looks at first, by the names of the command line."""
    told = result.statistics
    first, last = _days(result)
    return [
        ("Bars", f"{result.bar_count:,}, {first} to {last}"),
        ("Cash at the start", f"{result.cash:,.2f}"),
        ("Equity at the end", f"{result.final_equity:,.2f}"),
        ("Return", _percent(told.total_return, "+")),
        ("Return a year", _percent(told.cagr, "+")),
        ("Sharpe", _number(told.sharpe)),
        ("Deepest drawdown", _percent(told.max_drawdown)),
        ("Round trips", f"{told.trade_count:,}"),
        ("Won", _percent(told.win_rate)),
        ("Profit factor", _number(told.profit_factor)),
        ("Time in the market", _percent(told.time_in_market)),
        ("Fees", f"{result.fees:,.2f}"),
    ]


def in_text(figures: Figures) -> str:
    """One figure a line."""
    width = max(len(name) for name, _ in figures) + 2
    return "\n".join(f"{name:<{width}}{value}" for name, value in figures)


def in_html(result: "BacktestResult", draw: Callable[[], str]) -> str:
    """The figures as a table above the drawing."""
    rows = "".join(
        f"<tr><th scope='row' style='text-align:left'>{escape(name)}</th>"
        f"<td style='text-align:right'>{escape(value)}</td></tr>"
        for name, value in in_figures(result)
    )
    return f"<div><table>{rows}</table>{draw()}</div>"


def _days(result: "BacktestResult") -> tuple[str, str]:
    first, last = times_of([result.start_ts, result.end_ts])
    return str(first)[:10], str(last)[:10]


def _percent(share: float | None, sign: str = "") -> str:
    return "–" if share is None else f"{share * 100:{sign},.2f}%"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.2f}"
