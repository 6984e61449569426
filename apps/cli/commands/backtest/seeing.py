"""`trademesh backtest list`, `show` and `export`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from apps.cli import options
from apps.cli.command import command, group
from apps.cli.export import export
from apps.cli.output.report import REPORT
from apps.cli.output.views import BACKTEST, EQUITY, FILL, ORDER
from apps.cli.session import Session

app = group()

_SERVICE = "backtests.BacktestService"


@command(app, "list", example="trademesh backtest list -o csv", prints="backtests.Backtest[]")
def list_backtests(session: Session, limit: options.Limit = 50) -> None:
    """List backtests, newest first."""
    found = session.listed(f"{_SERVICE}/ListBacktests", {}, "backtests", limit)
    session.show(found, BACKTEST)


@command(
    app,
    "show",
    example="trademesh backtest show bt_…\ntrademesh backtest show bt_… --equity -o csv",
    prints="backtests.Backtest",
)
def show(
    session: Session,
    backtest: options.BacktestId,
    orders: Annotated[bool, typer.Option("--orders", help="Its orders instead.")] = False,
    fills: Annotated[bool, typer.Option("--fills", help="Its fills instead.")] = False,
    equity: Annotated[bool, typer.Option("--equity", help="Its equity curve instead.")] = False,
) -> None:
    """Print one backtest: its figures, or the orders, fills or equity behind them."""
    of_this = {"backtest_id": backtest}
    if orders:
        found = session.listed(f"{_SERVICE}/ListBacktestOrders", of_this, "orders")
        session.show(found, ORDER)
    elif fills:
        session.show(session.listed(f"{_SERVICE}/ListBacktestFills", of_this, "fills"), FILL)
    elif equity:
        session.show(session.listed(f"{_SERVICE}/ListBacktestEquity", of_this, "equity"), EQUITY)
    else:
        session.show(session.call(f"{_SERVICE}/GetBacktest", of_this)["backtest"], REPORT)


class What(StrEnum):
    """What of a backtest is exported."""

    ORDERS = "orders"
    FILLS = "fills"
    EQUITY = "equity"


@command(
    app,
    "export",
    example=(
        "trademesh backtest export bt_… equity equity.csv\n"
        "trademesh backtest export bt_… fills fills.parquet --force"
    ),
    prints="exports.Export",
)
def export_backtest(
    session: Session,
    backtest: options.BacktestId,
    what: Annotated[
        What, typer.Argument(metavar="orders|fills|equity", case_sensitive=False, help="Of what.")
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; - is stdout.")],
    file_format: options.Format = None,
    force: options.Force = False,
    dry_run: options.DryRun = False,
) -> None:
    """Write the orders, fills or equity curve of a backtest to a file: CSV or Parquet."""
    content = {f"backtest_{what}": {"backtest_id": backtest}}
    export(session, content, file, file_format, force=force, dry_run=dry_run)
