"""`trademesh position`: what the accounts hold."""

from typing import Annotated

import typer

from apps.cli.accounts import accounts_meant
from apps.cli.command import command, group
from apps.cli.output.views import POSITION
from apps.cli.session import Session

app = group()


@command(app, "list", example="trademesh position list")
def list_positions(
    session: Session,
    account: Annotated[
        str | None, typer.Option("--account", "-a", help="Only of this account.")
    ] = None,
) -> None:
    """List positions that are not flat, account by account."""
    found = []
    for account_id in accounts_meant(session, account):
        request = {"account_id": account_id}
        found += session.listed("orders.AccountService/ListPositions", request, "positions")
    session.show(found, POSITION)
