"""`trademesh order watch`: orders as they change."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.accounts import the_account
from apps.cli.command import command, group
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.output.views import ORDER
from apps.cli.output.words import state_in_words
from apps.cli.session import Session

Json = dict[str, Any]

app = group()

_REFUSED = {"STATE_DENIED", "STATE_REJECTED"}
_ENDED = _REFUSED | {"STATE_FILLED", "STATE_CANCELED", "STATE_EXPIRED"}


@command(
    app,
    "watch",
    example="trademesh order watch\ntrademesh order watch ORDER --quiet -o name",
    prints="orders.Order",
)
def watch(
    session: Session,
    order: Annotated[
        str | None, typer.Argument(metavar="[ORDER]", help="Only this one, to its end.")
    ] = None,
    account: options.Account = None,
) -> None:
    """Print the orders that can trade, then each order that changes, until Ctrl-C (exit 130).

    Of one ORDER every change until it has ended; exit 11 where it was refused. Each is a JSON
    object on a line of its own; on a terminal the last ones stand in a table.
    """
    account_id = the_account(session, account)
    last: Json = {}
    with session.showing(ORDER) as show:
        for each in _changes(session, account_id, order):
            show(last := each)
            if order and last["state"] in _ENDED:
                break
    if order and last.get("state") in _REFUSED:
        state = state_in_words(last["state"]).lower()
        raise Failure(
            ExitCode.FAILED,
            f"the order was {state}",
            reason=last["reason"],
            hint=f"trademesh order show {order} --account {account_id}",
        )


def _changes(session: Session, account_id: str, order_id: str | None) -> Iterator[Json]:
    """Orders as they stand, then after each change. One that has ended is looked up."""
    watched = {"account_id": account_id}
    for message in session.stream("orders.AccountService/WatchAccount", watched):
        if "snapshot" in message:
            orders = message["snapshot"]["open_orders"]
            if order_id and all(each["order_id"] != order_id for each in orders):
                asked = watched | {"order_id": order_id}
                orders = [session.call("orders.OrderService/GetOrder", asked)["order"]]
        else:
            orders = [message["order"]] if "order" in message else []
        yield from (each for each in orders if order_id in {None, each["order_id"]})
