"""`trademesh backtest run`, `watch` and `cancel`."""

from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.command import command, group
from apps.cli.dry_runs import checked_backtest
from apps.cli.jobs import ended_badly
from apps.cli.output.report import REPORT
from apps.cli.output.views import BACKTEST
from apps.cli.progress import follow, step_of_backtest
from apps.cli.session import Session
from apps.cli.strategy_source import chosen_strategy
from apps.cli.times import time_range

Json = dict[str, Any]

app = group()

_SERVICE = "backtests.BacktestService"


@command(
    app,
    "run",
    example=(
        "trademesh backtest run sma-cross --instrument AAPL --start 2000-03-01 --end 2013-03-01"
        " --param fast=10 --param slow=30\n"
        "trademesh backtest run my_cross.py:MyCross --instrument AAPL -o json"
    ),
    prints="backtests.Backtest",
)
def run(
    session: Session,
    strategy: options.Strategy,
    instrument: options.Instrument,
    start: options.Start = None,
    end: options.End = None,
    timeframe: options.Timeframe = "1d",
    param: options.Parameters = None,
    cash: options.Cash = "100000",
    name: options.Name = None,
    detach: Annotated[
        bool, typer.Option("--detach", "--no-follow", help="Print the id and leave.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, run nothing.")
    ] = False,
) -> None:
    """Run a strategy over history and print its figures.

    A file is pushed to the library first. Orders made at the close of a bar fill at the open of the
    next one; prices are split-adjusted. Ctrl-C leaves the backtest running. Exit 11 when it fails.
    """
    backtest = {
        "instrument_id": instrument,
        "timeframe": timeframe,
        "parameters": options.to_parameters(param),
        "cash": cash,
    } | time_range(start, end)
    backtest |= chosen_strategy(session, strategy, name, keep=not dry_run)
    if dry_run:
        session.show(checked_backtest(session, strategy, backtest), REPORT)
        return
    request = {"backtest": backtest, "request_id": session.request_id()}
    created = session.call(f"{_SERVICE}/CreateBacktest", request)["backtest"]
    if detach and session.output is None:
        print(created["backtest_id"])
    elif detach:
        session.show(created, BACKTEST)
    else:
        _show_when_done(session, created["backtest_id"])


@command(app, "watch", example="trademesh backtest watch bt_…", prints="backtests.Backtest")
def watch(session: Session, backtest: options.BacktestId) -> None:
    """Follow a backtest to its end and print its figures."""
    _show_when_done(session, backtest)


@command(app, "cancel", example="trademesh backtest cancel bt_…", prints="backtests.Backtest")
def cancel(session: Session, backtest: options.BacktestId, dry_run: options.DryRun = False) -> None:
    """Cancel a backtest that has not ended."""
    request = {
        "backtest_id": backtest,
        "request_id": session.request_id(),
        "validate_only": dry_run,
    }
    session.show(session.call(f"{_SERVICE}/CancelBacktest", request)["backtest"], BACKTEST)


def _show_when_done(session: Session, backtest_id: str) -> None:
    """Raises Failure (exit 11) after showing a backtest that did not succeed."""
    ended = follow(
        session,
        f"{_SERVICE}/WatchBacktest",
        {"backtest_id": backtest_id},
        key="backtest",
        measure=step_of_backtest,
        again=f"trademesh backtest watch {backtest_id}",
    )
    session.show(ended, REPORT)
    if ended["state"] != "STATE_SUCCEEDED":
        raise ended_badly(ended, f"trademesh backtest show {backtest_id}")
