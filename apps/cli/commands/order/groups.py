"""`trademesh order group`: see and end orders that belong together."""

from typing import Annotated

import typer

from apps.cli import options
from apps.cli.accounts import accounts_meant, the_account
from apps.cli.command import command, group
from apps.cli.output.group_views import ORDER_GROUP
from apps.cli.session import Session

app = group()

_SERVICE = "orders.OrderService"
GroupId = Annotated[
    str, typer.Argument(metavar="GROUP", help="The group's id: that of its first order.")
]


@command(app, "list", example="trademesh order group list --active", prints="orders.OrderGroup[]")
def list_groups(
    session: Session,
    account: Annotated[
        str | None, typer.Option("--account", "-a", help="Only of this account.")
    ] = None,
    active: Annotated[bool, typer.Option("--active", help="Only those that can trade.")] = False,
    run: Annotated[str, typer.Option(help="Only those of this strategy run.")] = "",
    limit: options.Limit = 50,
) -> None:
    """List groups, newest first, account by account."""
    requests = [
        {"account_id": account_id, "active_only": active, "run_id": run}
        for account_id in accounts_meant(session, account)
    ]
    found = session.listed_over(f"{_SERVICE}/ListOrderGroups", requests, "order_groups", limit)
    session.show(found, ORDER_GROUP)


@command(app, "show", example="trademesh order group show GROUP", prints="orders.OrderGroup")
def show(session: Session, group_id: GroupId, account: options.Account = None) -> None:
    """Print one group with its orders."""
    request = {"account_id": the_account(session, account), "group_id": group_id}
    session.show(session.call(f"{_SERVICE}/GetOrderGroup", request)["order_group"], ORDER_GROUP)


@command(app, "cancel", example="trademesh order group cancel GROUP", prints="orders.OrderGroup")
def cancel(
    session: Session,
    group_id: GroupId,
    account: options.Account = None,
    dry_run: options.DryRun = False,
) -> None:
    """Ask for all orders of a group to be canceled. What its entry has bought stays."""
    request = {
        "account_id": the_account(session, account),
        "group_id": group_id,
        "request_id": session.request_id(),
        "validate_only": dry_run,
    }
    asked = session.call(f"{_SERVICE}/CancelOrderGroup", request)
    session.show(asked["order_group"], ORDER_GROUP)
