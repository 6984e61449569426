"""`trademesh backtest`: a strategy over history."""

from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.command import command, group
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.output.report import REPORT
from apps.cli.output.views import BACKTEST, EQUITY, FILL, ORDER
from apps.cli.output.words import state_in_words
from apps.cli.progress import follow, step_of_backtest
from apps.cli.session import Session
from apps.cli.strategy_source import chosen_strategy, suggesting
from apps.cli.times import time_range

Json = dict[str, Any]

app = group()

_SERVICE = "backtests.BacktestService"

BacktestId = Annotated[str, typer.Argument(metavar="BACKTEST", help="bt_…")]


@command(
    app,
    "run",
    example=(
        "trademesh backtest run sma-cross --instrument AAPL --start 2000-03-01 --end 2013-03-01"
        " --param fast=10 --param slow=30\n"
        "trademesh backtest run my_cross.py:MyCross --instrument AAPL -o json"
    ),
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
    dry_run: Annotated[bool, typer.Option(help="Check everything, run nothing.")] = False,
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
    with suggesting(session, strategy=strategy, instrument=instrument):
        backtest |= chosen_strategy(session, strategy, name)
        request = {"backtest": backtest, "request_id": session.request_id()}
        created = session.call(f"{_SERVICE}/CreateBacktest", request | {"validate_only": dry_run})[
            "backtest"
        ]
    if dry_run:
        session.show(created, REPORT)
    elif detach:
        print(created["backtest_id"])
    else:
        _show_when_done(session, created["backtest_id"])


@command(app, "watch", example="trademesh backtest watch bt_…")
def watch(session: Session, backtest: BacktestId) -> None:
    """Follow a backtest to its end and print its figures."""
    _show_when_done(session, backtest)


@command(app, "list", example="trademesh backtest list -o csv")
def list_backtests(session: Session, limit: options.Limit = 50) -> None:
    """List backtests, newest first."""
    found = session.listed(f"{_SERVICE}/ListBacktests", {}, "backtests", limit)
    session.show(found, BACKTEST)


@command(
    app,
    "show",
    example="trademesh backtest show bt_…\ntrademesh backtest show bt_… --equity -o csv",
)
def show(
    session: Session,
    backtest: BacktestId,
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


@command(app, "cancel", example="trademesh backtest cancel bt_…")
def cancel(session: Session, backtest: BacktestId) -> None:
    """Cancel a backtest that has not ended."""
    request = {"backtest_id": backtest, "request_id": session.request_id()}
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


def ended_badly(job: Json, hint: str) -> Failure:
    """A job that failed or was canceled: its own words, the author's line among them."""
    state = state_in_words(job["state"]).lower()
    first, *rest = (job.get("error_message") or f"it is {state}").splitlines()
    if job.get("error_reason") == "STRATEGY_RAISED":
        hint = f"mend that line of {job['strategy_id']}, then the same again"
    return Failure(
        ExitCode.FAILED, first, reason=job.get("error_reason", ""), hint=hint, details=tuple(rest)
    )
