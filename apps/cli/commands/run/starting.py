"""`trademesh run start`."""

from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.accounts import create_paper_account, the_account
from apps.cli.command import command, group
from apps.cli.commands.run.seeing import show_when_done
from apps.cli.dry_runs import check_run
from apps.cli.failure import usage
from apps.cli.output.views import RUN
from apps.cli.session import Session
from apps.cli.strategy_source import chosen_strategy
from apps.cli.times import time_range

Json = dict[str, Any]

app = group()

_CASH = "100000"


@command(
    app,
    "start",
    example=(
        "trademesh run start sma-cross --paper --instrument AAPL --start 2000-03-01"
        " --end 2013-03-01 --param fast=10 --param slow=30 --follow"
    ),
    prints="strategies.Run",
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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, start nothing.")
    ] = False,
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
    run |= chosen_strategy(session, strategy, name, keep=not dry_run)
    if account:
        run["account_id"] = the_account(session, account)
    else:
        would_be = check_run(session, strategy, run, cash or _CASH)
        if dry_run:
            session.show(would_be, RUN)
            return
        run["account_id"] = _new_account(session, run["strategy_id"], cash or _CASH)
    request = {"run": run, "request_id": session.request_id(), "validate_only": dry_run}
    started = session.call("strategies.RunService/StartRun", request)["run"]
    if follow_it and not dry_run:
        show_when_done(session, started["run_id"])
    else:
        session.show(started, RUN)


def _new_account(session: Session, name: str, cash: str) -> str:
    account = create_paper_account(session, name, cash, step="account")
    session.talk(f"paper account {account['account_id']} opened with {account['capital']}")
    account_id: str = account["account_id"]
    return account_id
