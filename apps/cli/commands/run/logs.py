"""`trademesh run logs`: what a strategy wrote, and what the house says of it."""

from typing import Annotated

import typer

from apps.cli import options
from apps.cli.command import command, group
from apps.cli.output.views import RUN_LOG
from apps.cli.session import Session

app = group()

_SERVICE = "strategies.RunService"


@command(
    app,
    "logs",
    example="trademesh run logs run_…\ntrademesh run logs run_… --follow",
    prints="strategies.RunLog[]",
)
def logs(
    session: Session,
    run: options.RunId,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Then each new line, a line a JSON object.")
    ] = False,
    limit: options.Limit = 0,
) -> None:
    """List the log of a run, oldest first: what it wrote with ctx.log, and what became of it.

    Followed, it ends with the run; Ctrl-C leaves the run at work (exit 130).
    """
    asked = {"run_id": run}
    if not follow:
        session.show(session.listed(f"{_SERVICE}/ListRunLogs", asked, "run_logs", limit), RUN_LOG)
        return
    with session.showing(RUN_LOG) as show:
        for message in session.stream(f"{_SERVICE}/WatchRunLogs", asked):
            for line in message["run_logs"]:
                show(line)
