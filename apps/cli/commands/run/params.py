"""`trademesh run params set`: a run goes on with other parameters."""

from typing import Annotated

import typer

from apps.cli import options
from apps.cli.command import command, group
from apps.cli.output.views import RUN
from apps.cli.session import Session

app = group()


@command(
    app,
    "set",
    example="trademesh run params set run_… fast=5 slow=20",
    prints="strategies.Run",
)
def set_parameters(
    session: Session,
    run: options.RunId,
    parameters: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE...", help="Those not named stay.")
    ],
    dry_run: options.DryRun = False,
) -> None:
    """Change parameters of a run at work: it starts anew with them before its next bar."""
    request = {
        "run_id": run,
        "parameters": options.to_parameters(parameters, ""),
        "request_id": session.request_id(),
        "validate_only": dry_run,
    }
    session.show(session.call("strategies.RunService/SetRunParameters", request)["run"], RUN)
