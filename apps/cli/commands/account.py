"""`trademesh account`: money, and what it may still buy."""

from typing import Annotated

import typer

from apps.cli import options
from apps.cli.accounts import create_paper_account, the_account
from apps.cli.command import command, group
from apps.cli.output.views import ACCOUNT
from apps.cli.session import Session

app = group()


@command(app, "list", example="trademesh account list")
def list_accounts(session: Session, limit: options.Limit = 50) -> None:
    """List accounts, newest first."""
    found = session.listed("orders.AccountService/ListAccounts", {}, "accounts", limit)
    session.show(found, ACCOUNT)


@command(app, "show", example="trademesh account show acc_…")
def show(
    session: Session,
    account: Annotated[
        str | None,
        typer.Argument(metavar="[ACCOUNT]", help="acc_…; may be left out where there is one."),
    ] = None,
) -> None:
    """Print one account."""
    request = {"account_id": the_account(session, account)}
    session.show(session.call("orders.AccountService/GetAccount", request)["account"], ACCOUNT)


@command(app, "create", example="trademesh account create practice --cash 100000")
def create(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of yours.")],
    cash: options.Cash = "100000",
) -> None:
    """Open an account at the paper broker."""
    session.show(create_paper_account(session, name, cash), ACCOUNT)
