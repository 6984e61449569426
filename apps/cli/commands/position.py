"""`trademesh position`: what the accounts hold."""

from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.accounts import accounts_meant, the_account
from apps.cli.agreement import call_if_agreed
from apps.cli.command import command, group
from apps.cli.consequences import cancels, sentence, trades
from apps.cli.output.views import ORDER, POSITION
from apps.cli.session import Session

Json = dict[str, Any]

app = group()

_SERVICE = "orders.AccountService"

Instrument = Annotated[str, typer.Argument(metavar="INSTRUMENT", help="AAPL or AAPL.XNAS.")]


@command(app, "list", example="trademesh position list", prints="orders.Position[]")
def list_positions(
    session: Session,
    account: Annotated[
        str | None, typer.Option("--account", "-a", help="Only of this account.")
    ] = None,
) -> None:
    """List positions that are not flat, account by account."""
    requests = [{"account_id": each} for each in accounts_meant(session, account)]
    session.show(session.listed_over(f"{_SERVICE}/ListPositions", requests, "positions"), POSITION)


@command(app, "show", example="trademesh position show AAPL", prints="orders.Position")
def show(session: Session, instrument: Instrument, account: options.Account = None) -> None:
    """Print the position in one instrument; a flat one has quantity 0."""
    request = {"account_id": the_account(session, account), "instrument_id": instrument}
    session.show(session.call(f"{_SERVICE}/GetPosition", request)["position"], POSITION)


@command(
    app,
    "close",
    example="trademesh position close AAPL\ntrademesh position close AAPL --quantity 50 --yes",
    prints="orders.ClosePositionResponse",
)
def close(
    session: Session,
    instrument: Instrument,
    quantity: Annotated[
        str | None, typer.Option(help="How much of it, without a sign; else all.")
    ] = None,
    account: options.Account = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
) -> None:
    """Close a position, or a part of it, at the market; what would add to it is canceled first.

    Says what that means and asks, unless --yes.
    """
    account_id = the_account(session, account)
    request = {"account_id": account_id, "instrument_id": instrument}
    if quantity is not None:
        request["quantity"] = quantity
    closed = call_if_agreed(
        session,
        f"{_SERVICE}/ClosePosition",
        request,
        dry_run=dry_run,
        yes=yes,
        consequence=lambda would: sentence(
            cancels(would["canceled_orders"]), *trades(session, account_id, [would["order"]])
        ),
    )
    _show(session, closed, [closed["order"]])


@command(
    app,
    "close-all",
    example="trademesh position close-all --dry-run\ntrademesh position close-all --yes",
    prints="orders.CloseAllPositionsResponse",
)
def close_all(
    session: Session,
    account: options.Account = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
) -> None:
    """Cancel every order of an account and close every position at the market.

    Says what that means and asks, unless --yes.
    """
    account_id = the_account(session, account)
    closed = call_if_agreed(
        session,
        f"{_SERVICE}/CloseAllPositions",
        {"account_id": account_id},
        dry_run=dry_run,
        yes=yes,
        consequence=lambda would: sentence(
            cancels(would["canceled_orders"]), *trades(session, account_id, would["orders"])
        ),
    )
    _show(session, closed, closed["orders"])


def _show(session: Session, closed: Json, orders: list[Json]) -> None:
    """For people every order in one table, for programs the answer as it is."""
    if session.is_for_people and not session.fields:
        session.show(orders + closed["canceled_orders"], ORDER)
    else:
        session.show(closed, ORDER)
