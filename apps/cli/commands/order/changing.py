"""`trademesh order replace`, `cancel`, `reissue` and `cancel-all`."""

from typing import Annotated

import typer

from apps.cli import options
from apps.cli.accounts import the_account
from apps.cli.agreement import call_if_agreed
from apps.cli.command import command, group
from apps.cli.commands.order.placing import LimitPrice, StopPrice, given
from apps.cli.consequences import cancels, sentence
from apps.cli.failure import usage
from apps.cli.output.views import ORDER
from apps.cli.session import Session

app = group()

_SERVICE = "orders.OrderService"


@command(
    app, "replace", example="trademesh order replace ORDER --limit 64.75", prints="orders.Order"
)
def replace(
    session: Session,
    order: options.OrderId,
    quantity: Annotated[
        str | None, typer.Option(help="The new whole quantity, what has traded included.")
    ] = None,
    limit: LimitPrice = None,
    stop: StopPrice = None,
    account: options.Account = None,
    dry_run: options.DryRun = False,
) -> None:
    """Change the quantity or the prices of a working order. What is not given stays."""
    changes = given(quantity=quantity, limit_price=limit, stop_price=stop)
    if not changes:
        raise usage("nothing to change", hint="--quantity, --limit or --stop")
    request = {
        "account_id": the_account(session, account),
        "order_id": order,
        "request_id": session.request_id(),
        "validate_only": dry_run,
    } | changes
    session.show(session.call(f"{_SERVICE}/ReplaceOrder", request)["order"], ORDER)


@command(app, "cancel", example="trademesh order cancel ORDER", prints="orders.Order")
def cancel(
    session: Session,
    order: options.OrderId,
    account: options.Account = None,
    dry_run: options.DryRun = False,
) -> None:
    """Ask for an order to be canceled. A fill may still cross the request on the wire."""
    request = {
        "account_id": the_account(session, account),
        "order_id": order,
        "request_id": session.request_id(),
        "validate_only": dry_run,
    }
    session.show(session.call(f"{_SERVICE}/CancelOrder", request)["order"], ORDER)


@command(app, "reissue", example="trademesh order reissue ORDER", prints="orders.Order")
def reissue(
    session: Session,
    order: options.OrderId,
    account: options.Account = None,
    dry_run: options.DryRun = False,
) -> None:
    """Carry out once more what a rejected or absent order was for, by a new order.

    Should the broker have the first one after all, both trade.
    """
    request = {
        "account_id": the_account(session, account),
        "order_id": order,
        "request_id": session.request_id(),
        "validate_only": dry_run,
    }
    session.show(session.call(f"{_SERVICE}/ReissueOrder", request)["order"], ORDER)


@command(
    app,
    "cancel-all",
    example=(
        "trademesh order cancel-all --dry-run\n"
        "trademesh order cancel-all --account practice --instrument AAPL --yes"
    ),
    prints="orders.Order[]",
)
def cancel_all(
    session: Session,
    account: options.Account = None,
    instrument: Annotated[
        str, typer.Option("--instrument", "-i", help="Only orders of this one.")
    ] = "",
    run: Annotated[str, typer.Option(help="Only orders of this strategy run.")] = "",
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
) -> None:
    """Ask for every order of an account that can still trade to be canceled.

    Says how many there are and asks, unless --yes.
    """
    account_id = the_account(session, account)
    canceled = call_if_agreed(
        session,
        f"{_SERVICE}/CancelAllOrders",
        {"account_id": account_id, "instrument_id": instrument, "run_id": run},
        dry_run=dry_run,
        yes=yes,
        consequence=lambda would: sentence(cancels(would["orders"])),
    )
    session.show(canceled["orders"], ORDER)
