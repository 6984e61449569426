"""`trademesh order list` and `show`."""

from typing import Annotated

import typer

from apps.cli import options
from apps.cli.accounts import accounts_meant, the_account
from apps.cli.command import command, group
from apps.cli.output.views import ORDER
from apps.cli.session import Session

app = group()

_SERVICE = "orders.OrderService"


@command(
    app,
    "list",
    example="trademesh order list --open\ntrademesh order list --fields order_id,state -o csv",
    prints="orders.Order[]",
)
def list_orders(
    session: Session,
    account: Annotated[
        str | None, typer.Option("--account", "-a", help="Only of this account.")
    ] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that can trade.")] = False,
    run: Annotated[str, typer.Option(help="Only those of this strategy run.")] = "",
    limit: options.Limit = 50,
) -> None:
    """List orders, newest first, account by account."""
    requests = [
        {"account_id": account_id, "open_only": open_only, "run_id": run}
        for account_id in accounts_meant(session, account)
    ]
    session.show(session.listed_over(f"{_SERVICE}/ListOrders", requests, "orders", limit), ORDER)


@command(app, "show", example="trademesh order show ORDER", prints="orders.Order")
def show(session: Session, order: options.OrderId, account: options.Account = None) -> None:
    """Print one order."""
    request = {"account_id": the_account(session, account), "order_id": order}
    session.show(session.call(f"{_SERVICE}/GetOrder", request)["order"], ORDER)
