"""`trademesh completion`: the script that makes a shell complete our commands."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from apps.cli.command import command
from apps.cli.output.views import plain_view
from apps.cli.session import Session


class Shell(StrEnum):
    """Those that have a script."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


_EXAMPLE = """\
source <(trademesh completion bash)
trademesh completion zsh > ~/.zfunc/_trademesh
trademesh completion fish > ~/.config/fish/completions/trademesh.fish"""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "completion", example=_EXAMPLE)(completion)


def completion(
    session: Session,
    shell: Annotated[Shell, typer.Argument(metavar="bash|zsh|fish", help="Which shell.")],
) -> None:
    """Print the script that completes commands, options and names of the platform.

    Put the line of the example into ~/.bashrc; for zsh and fish the file is found by its place.
    Names of instruments, strategies, accounts, runs, backtests and orders come from the platform,
    where it answers within a second.
    """
    from typer._completion_shared import get_completion_script

    from apps.cli.completing import WANTED

    script = get_completion_script(prog_name="trademesh", complete_var=WANTED, shell=shell.value)
    if session.output is None:  # to be sourced, so never JSON unless it was asked for
        sys.stdout.write(f"{script}\n")
    else:
        session.show({"shell": shell.value, "script": script}, plain_view("shell", "script"))
