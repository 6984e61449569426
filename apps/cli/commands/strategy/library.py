"""`trademesh strategy list`, `show` and `archive`."""

from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.agreement import call_if_agreed
from apps.cli.command import command, group
from apps.cli.output.views import STRATEGY, VERSION
from apps.cli.session import Session

Json = dict[str, Any]

app = group()

_SERVICE = "strategies.StrategyService"

Name = Annotated[str, typer.Argument(metavar="STRATEGY", help="Its name: sma-cross.")]


@command(
    app,
    "list",
    example="trademesh strategy list -o name",
    prints="strategies.Strategy[]",
)
def list_strategies(
    session: Session,
    archived: Annotated[
        bool, typer.Option("--archived", help="Those that were put away, too.")
    ] = False,
    limit: options.Limit = 50,
) -> None:
    """List the strategies of the library with their parameters, by name."""
    asked = {"show_archived": archived}
    found = session.listed(f"{_SERVICE}/ListStrategies", asked, "strategies", limit)
    session.show(found, STRATEGY)


@command(
    app,
    "show",
    example=(
        "trademesh strategy show sma-cross\n"
        "trademesh strategy show sma-cross --source > my_cross.py\n"
        "trademesh strategy show my-cross --versions"
    ),
    prints="strategies.Strategy",
)
def show(
    session: Session,
    strategy: Name,
    source: Annotated[bool, typer.Option("--source", help="Print its Python source.")] = False,
    version: Annotated[
        str, typer.Option(help="This version instead of the newest: the start of sha256:… will do.")
    ] = "",
    versions: Annotated[bool, typer.Option("--versions", help="List its versions.")] = False,
) -> None:
    """Print one strategy: its parameters, or its source, or its versions."""
    asked = {"strategy_id": strategy}
    if versions:
        found = session.listed(f"{_SERVICE}/ListStrategyVersions", asked, "strategy_versions")
        session.show(found, VERSION)
    elif version:
        _show_version(session, asked | {"version_id": version}, source=source)
    else:
        found_one = session.call(f"{_SERVICE}/GetStrategy", asked)["strategy"]
        if source:
            print(found_one["latest_version"]["source"], end="")
        else:
            session.show(found_one, STRATEGY)


def _show_version(session: Session, asked: Json, *, source: bool) -> None:
    found = session.call(f"{_SERVICE}/GetStrategyVersion", asked)["strategy_version"]
    if source:
        print(found["source"], end="")
    else:
        session.show(found, VERSION)


@command(
    app,
    "archive",
    example="trademesh strategy archive my-cross",
    prints="strategies.Strategy",
)
def archive(
    session: Session,
    strategy: Name,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
) -> None:
    """Put a strategy away: nothing new is started with it. Pushing to it brings it back.

    Says what that means and asks, unless --yes.
    """
    archived = call_if_agreed(
        session,
        f"{_SERVICE}/ArchiveStrategy",
        {"strategy_id": strategy},
        dry_run=dry_run,
        yes=yes,
        consequence=lambda would: (
            f"puts {would['strategy']['strategy_id']} away: no new backtests and runs of it"
        ),
    )
    session.show(archived["strategy"], STRATEGY)
