"""`trademesh top`: the whole trading on one screen."""

import sys
from typing import Annotated

import typer

from apps.cli.command import command
from apps.cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "top", example="trademesh top\ntrademesh top --once -o json")(top)


def top(
    session: Session,
    once: Annotated[
        bool, typer.Option("--once", help="Print what is open and leave; what a pipe gets.")
    ] = False,
) -> None:
    """Watch accounts, positions, working orders and runs on one screen, live.

    Tab goes from table to table, z enlarges one, c cancels the chosen order and p pauses or resumes
    the chosen run, each after a question; q leaves.
    """
    somebody_watches = session.may_ask and sys.stdout.isatty()
    if once or session.output is not None or not somebody_watches:
        from apps.cli.top.once import show_once

        show_once(session)
        return
    from apps.cli.top.app import Top

    _ = session.call("orders.AccountService/ListAccounts", {"page_size": 1})  # or say why not
    Top(session).run()
