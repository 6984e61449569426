"""`trademesh run`: a strategy at work."""

from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.accounts import create_paper_account
from apps.cli.command import command, group
from apps.cli.commands.backtest import ended_badly
from apps.cli.failure import usage
from apps.cli.output.views import RUN
from apps.cli.progress import follow, step_of_run
from apps.cli.session import Session
from apps.cli.strategy_source import chosen_strategy, suggesting
from apps.cli.times import time_range

Json = dict[str, Any]

app = group()

_SERVICE = "strategies.RunService"

RunId = Annotated[str, typer.Argument(metavar="RUN", help="run_…")]


@command(
    app,
    "start",
    example=(
        "trademesh run start sma-cross --paper --instrument AAPL --start 2000-03-01"
        " --end 2013-03-01 --param fast=10 --param slow=30 --follow"
    ),
)
def start(
    session: Session,
    strategy: options.Strategy,
    instrument: options.Instrument,
    paper: Annotated[
        bool, typer.Option("--paper", help="Trade on paper: the only way there is yet.")
    ] = False,
    account: Annotated[
        str | None, typer.Option("--account", "-a", help="Else a new paper account is opened.")
    ] = None,
    cash: Annotated[
        str | None, typer.Option(help="Money of the new account; 100000 where it is left out.")
    ] = None,
    start: options.Start = None,
    end: options.End = None,
    timeframe: options.Timeframe = "1d",
    param: options.Parameters = None,
    name: options.Name = None,
    bars_per_second: Annotated[
        float, typer.Option(min=0, help="Pace of the replay; 0: as fast as the strategy answers.")
    ] = 0.0,
    follow_it: Annotated[bool, typer.Option("--follow", help="Watch it to its end.")] = False,
) -> None:
    """Start a strategy on paper, over a replay of the bars that are kept.

    Ctrl-C leaves a followed run at work. Exit 11 when a followed run fails.
    """
    if not paper:
        raise usage("say where it trades", hint="--paper")
    if account and cash:
        raise usage("--cash is for a new account, --account for one there is", hint="leave one out")
    run: Json = {
        "instrument_id": instrument,
        "timeframe": timeframe,
        "parameters": options.to_parameters(param),
        "replay": time_range(start, end) | {"bars_per_second": bars_per_second},
    }
    with suggesting(session, strategy=strategy, instrument=instrument):
        run |= chosen_strategy(session, strategy, name)
        _check_names(session, run)
        run["account_id"] = account or _new_account(session, run["strategy_id"], cash or "100000")
        request = {"run": run, "request_id": session.request_id()}
        started = session.call(f"{_SERVICE}/StartRun", request)["run"]
    if follow_it:
        _show_when_done(session, started["run_id"])
    else:
        session.show(started, RUN)


@command(app, "list", example="trademesh run list --active")
def list_runs(
    session: Session,
    active: Annotated[bool, typer.Option("--active", help="Only those that have not ended.")] = (
        False
    ),
    limit: options.Limit = 50,
) -> None:
    """List runs, newest first."""
    found = session.listed(f"{_SERVICE}/ListRuns", {"active_only": active}, "runs", limit)
    session.show(found, RUN)


@command(app, "show", example="trademesh run show run_…")
def show(session: Session, run: RunId) -> None:
    """Print one run."""
    session.show(session.call(f"{_SERVICE}/GetRun", {"run_id": run})["run"], RUN)


@command(app, "watch", example="trademesh run watch run_…")
def watch(session: Session, run: RunId) -> None:
    """Follow a run to its end. Ctrl-C leaves it at work."""
    _show_when_done(session, run)


@command(app, "stop", example="trademesh run stop run_…")
def stop(session: Session, run: RunId) -> None:
    """Stop a run. Its orders that can still trade are canceled, its position stays."""
    request = {"run_id": run, "request_id": session.request_id()}
    session.show(session.call(f"{_SERVICE}/StopRun", request)["run"], RUN)


def _check_names(session: Session, run: Json) -> None:
    """Refuses an unknown strategy or instrument before an account is opened for them."""
    session.call("strategies.StrategyService/GetStrategy", {"strategy_id": run["strategy_id"]})
    session.call(
        "market_data.MarketDataService/GetInstrument", {"instrument_id": run["instrument_id"]}
    )


def _new_account(session: Session, name: str, cash: str) -> str:
    account = create_paper_account(session, name, cash, step="account")
    session.talk(f"paper account {account['account_id']} opened with {account['capital']}")
    account_id: str = account["account_id"]
    return account_id


def _show_when_done(session: Session, run_id: str) -> None:
    ended = follow(
        session,
        f"{_SERVICE}/WatchRun",
        {"run_id": run_id},
        key="run",
        measure=step_of_run,
        again=f"trademesh run watch {run_id}",
    )
    session.show(ended, RUN)
    if ended["state"] == "STATE_FAILED":
        raise ended_badly(ended, f"trademesh run show {run_id}")
