"""`trademesh run list`, `show` and `watch`."""

from typing import Annotated

import typer

from apps.cli import options
from apps.cli.command import command, group
from apps.cli.jobs import ended_badly
from apps.cli.output.views import RUN
from apps.cli.progress import follow, step_of_run
from apps.cli.session import Session

app = group()

_SERVICE = "strategies.RunService"


@command(app, "list", example="trademesh run list --active", prints="strategies.Run[]")
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


@command(app, "show", example="trademesh run show run_…", prints="strategies.Run")
def show(session: Session, run: options.RunId) -> None:
    """Print one run."""
    session.show(session.call(f"{_SERVICE}/GetRun", {"run_id": run})["run"], RUN)


@command(app, "watch", example="trademesh run watch run_…", prints="strategies.Run")
def watch(session: Session, run: options.RunId) -> None:
    """Follow a run to its end. Ctrl-C leaves it at work. Exit 11 where it fails."""
    show_when_done(session, run)


def show_when_done(session: Session, run_id: str) -> None:
    """Raises Failure (exit 11) after showing a run that failed."""
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
