"""`trademesh up`, `status`, `demo` and `version`: the platform as a whole."""

from pathlib import Path
from typing import Annotated, Any

import typer

from apps.cli import __version__
from apps.cli.command import command, help_with
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.output.report import REPORT
from apps.cli.output.views import Column, Kind, View, plain_view
from apps.cli.progress import progress_bar, step_of_backtest
from apps.cli.session import Session

Json = dict[str, Any]

_STATUS = View(
    "address",
    (
        Column("Platform", "address"),
        Column("State", "state"),
        Column("Instruments", "instrument_count", Kind.COUNT),
        Column("Bars", "bar_count", Kind.COUNT),
        Column("Strategies", "strategy_count", Kind.COUNT),
        Column("Accounts", "account_count", Kind.COUNT),
        Column("Runs at work", "active_run_count", Kind.COUNT),
    ),
)
_DEMO = plain_view("run_id", "backtest_id", "run_id")


def register(app: typer.Typer) -> None:
    """Adds the commands that stand beside the nouns."""
    app.command("up", help=help_with("trademesh up\ntrademesh up --headless --port 9000", up))(up)
    command(app, "status", example="trademesh status -o json")(status)
    command(app, "demo", example="trademesh demo")(demo)
    command(app, "version", example="trademesh version -o json")(version)


def up(
    headless: Annotated[
        bool, typer.Option("--headless", help="Print one JSON line when all of it works.")
    ] = False,
    port: Annotated[int | None, typer.Option(help="Else TRADEMESH_PORT, else 8080.")] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Else TRADEMESH_DATA_DIR, else this user's data folder.")
    ] = None,
    no_demo: Annotated[
        bool, typer.Option("--no-demo", help="Start without the demo backtest and run.")
    ] = False,
) -> None:
    """Start everything in one process, with Envoy in front, and a demo on real data.

    Ctrl-C ends it in order; the next start goes on from there.
    """
    from apps.cli.start import start

    start(port, data_dir, headless=headless, demo=not no_demo)


def status(session: Session) -> None:
    """Say whether the platform answers, and what it holds. Exit 10 where nobody answers."""
    series = session.listed("market_data.MarketDataService/ListBarSeries", {}, "bar_series")
    found = {
        "address": session.address,
        "state": "up",
        "instrument_count": len(
            session.listed("market_data.MarketDataService/ListInstruments", {}, "instruments")
        ),
        "bar_count": sum(int(each["bar_count"]) for each in series),
        "strategy_count": len(
            session.listed("strategies.StrategyService/ListStrategies", {}, "strategies")
        ),
        "account_count": len(session.listed("orders.AccountService/ListAccounts", {}, "accounts")),
        "active_run_count": len(
            session.listed("strategies.RunService/ListRuns", {"active_only": True}, "runs")
        ),
    }
    session.show(found, _STATUS)


def demo(session: Session) -> None:
    """Backtest the moving-average cross on Apple, 2000 to 2013, then start it on paper.

    Both are made once: the next time, the same backtest and the same run are shown.
    """
    backtest, run = _made_demo(session)
    if session.is_for_people:
        session.show(backtest, REPORT)
        session.talk(f"\non paper: trademesh run watch {run['run_id']}")
        session.talk(f"its orders: trademesh order list --run {run['run_id']}")
    else:
        session.show({"backtest": backtest, "run": run}, _DEMO)


def version(session: Session) -> None:
    """Print the version of this command."""
    session.show({"version": __version__}, plain_view("version", "version"))


def _made_demo(session: Session) -> tuple[Json, Json]:
    import grpc

    from apps.cli.client import to_json
    from apps.cli.refusals import to_failure
    from apps.platform.demo import DemoFailed, run_demo

    client = session.client
    with progress_bar(session, "bars") as show:
        try:
            made = run_demo(
                client.channel,
                client.metadata,
                lambda backtest: show(step_of_backtest(to_json(backtest))),
            )
        except grpc.RpcError as error:
            raise to_failure(error, client.address) from error
        except DemoFailed as error:
            hint = "trademesh backtest list"
            raise Failure(ExitCode.FAILED, str(error), hint=hint) from error
    return to_json(made.backtest), to_json(made.run)
