"""`trademesh order`: place, see and change orders."""

from typing import Annotated

import typer

from apps.cli import options
from apps.cli.accounts import accounts_meant, the_account
from apps.cli.command import command, group
from apps.cli.failure import usage
from apps.cli.output.views import ORDER
from apps.cli.session import Session
from apps.cli.strategy_source import suggesting

app = group()

_SERVICE = "orders.OrderService"
_SIDES = {"buy": "SIDE_BUY", "sell": "SIDE_SELL"}

OrderId = Annotated[str, typer.Argument(metavar="ORDER", help="The order's id.")]
LimitPrice = Annotated[str | None, typer.Option("--limit", help="The worst price to take.")]
StopPrice = Annotated[str | None, typer.Option("--stop", help="The price that wakes the order.")]


@command(
    app,
    "submit",
    example=(
        "trademesh order submit AAPL buy 10\n"
        "trademesh order submit AAPL sell 10 --limit 64.50 --tif GTC"
    ),
)
def submit(
    session: Session,
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="AAPL or AAPL.XNAS.")],
    side: Annotated[str, typer.Argument(metavar="buy|sell", help="Which way.")],
    quantity: Annotated[str, typer.Argument(metavar="QUANTITY", help="How much, more than 0.")],
    limit: LimitPrice = None,
    stop: StopPrice = None,
    tif: Annotated[str, typer.Option(help="How long it may trade: DAY, GTC, IOC or FOK.")] = "DAY",
    account: options.Account = None,
    dry_run: Annotated[bool, typer.Option(help="Check everything, keep nothing.")] = False,
) -> None:
    """Place an order: at the market, or at --limit, or from --stop on, or both.

    Returns when the order is kept; it goes to the broker right after. Exit 7 when risk refuses it.
    """
    order = {
        "instrument_id": instrument,
        "side": _side(side),
        "quantity": quantity,
        "order_type": _order_type(limit, stop),
        "time_in_force": _time_in_force(tif),
    } | _given(limit_price=limit, stop_price=stop)
    request = {
        "account_id": the_account(session, account),
        "order": order,
        "request_id": session.request_id(),
        "validate_only": dry_run,
    }
    with suggesting(session, instrument=instrument):
        session.show(session.call(f"{_SERVICE}/PlaceOrder", request)["order"], ORDER)


@command(app, "list", example="trademesh order list --open")
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
    found = []
    for account_id in accounts_meant(session, account):
        request = {"account_id": account_id, "open_only": open_only, "run_id": run}
        found += session.listed(f"{_SERVICE}/ListOrders", request, "orders", limit)
    session.show(found, ORDER)


@command(app, "show", example="trademesh order show ORDER")
def show(session: Session, order: OrderId, account: options.Account = None) -> None:
    """Print one order."""
    request = {"account_id": the_account(session, account), "order_id": order}
    session.show(session.call(f"{_SERVICE}/GetOrder", request)["order"], ORDER)


@command(app, "cancel", example="trademesh order cancel ORDER")
def cancel(session: Session, order: OrderId, account: options.Account = None) -> None:
    """Ask for an order to be canceled. A fill may still cross the request on the wire."""
    request = {
        "account_id": the_account(session, account),
        "order_id": order,
        "request_id": session.request_id(),
    }
    session.show(session.call(f"{_SERVICE}/CancelOrder", request)["order"], ORDER)


@command(app, "replace", example="trademesh order replace ORDER --limit 64.75")
def replace(
    session: Session,
    order: OrderId,
    quantity: Annotated[
        str | None, typer.Option(help="The new whole quantity, what has traded included.")
    ] = None,
    limit: LimitPrice = None,
    stop: StopPrice = None,
    account: options.Account = None,
) -> None:
    """Change the quantity or the prices of a working order. What is not given stays."""
    changes = _given(quantity=quantity, limit_price=limit, stop_price=stop)
    if not changes:
        raise usage("nothing to change", hint="--quantity, --limit or --stop")
    request = {
        "account_id": the_account(session, account),
        "order_id": order,
        "request_id": session.request_id(),
    } | changes
    session.show(session.call(f"{_SERVICE}/ReplaceOrder", request)["order"], ORDER)


def _side(text: str) -> str:
    if text.lower() not in _SIDES:
        raise usage(f"{text}: neither buy nor sell", hint="trademesh order submit AAPL buy 10")
    return _SIDES[text.lower()]


def _time_in_force(text: str) -> str:
    if text.upper() not in {"DAY", "GTC", "IOC", "FOK"}:
        raise usage(f"--tif {text}: no such time in force", hint="--tif DAY, GTC, IOC or FOK")
    return f"TIME_IN_FORCE_{text.upper()}"


def _order_type(limit: str | None, stop: str | None) -> str:
    if limit is None:
        return "ORDER_TYPE_MARKET" if stop is None else "ORDER_TYPE_STOP"
    return "ORDER_TYPE_LIMIT" if stop is None else "ORDER_TYPE_STOP_LIMIT"


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}
