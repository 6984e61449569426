"""`trademesh risk status`, `trips` and `release`."""

from typing import Annotated

import typer

from apps.cli import options
from apps.cli.accounts import accounts_meant, the_account
from apps.cli.command import command, group
from apps.cli.output.kill_views import show_engaged
from apps.cli.output.risk_views import RISK_STATUS, RISK_TRIP, with_words
from apps.cli.session import Session

app = group()

_SERVICE = "orders.RiskService"


@command(
    app,
    "status",
    example="trademesh risk status\ntrademesh risk status practice",
    prints="orders.RiskStatus[]",
)
def status(
    session: Session,
    account: Annotated[
        str | None, typer.Argument(metavar="[ACCOUNT]", help="acc_… or its name; else all.")
    ] = None,
) -> None:
    """Show how the accounts stand to their limits, and what halts them."""
    found = [
        session.call(f"{_SERVICE}/GetRiskStatus", {"account_id": one})["risk_status"]
        for one in accounts_meant(session, account)
    ]
    session.show([with_words(session, one) for one in found], RISK_STATUS)
    if session.is_for_people and not session.fields:
        show_engaged(session)


@command(
    app,
    "trips",
    example="trademesh risk trips\ntrademesh risk trips --all",
    prints="orders.RiskTrip[]",
)
def trips(
    session: Session,
    account: options.Account = None,
    all_of_them: Annotated[bool, typer.Option("--all", help="Released ones too.")] = False,
    limit: options.Limit = 50,
) -> None:
    """List the trips that forbid new risk, newest first."""
    request = {
        "account_id": the_account(session, account) if account else "",
        "standing_only": not all_of_them,
    }
    session.show(
        session.listed(f"{_SERVICE}/ListRiskTrips", request, "risk_trips", limit), RISK_TRIP
    )


@command(
    app,
    "release",
    example='trademesh risk release trip_… --reason "limit raised"',
    prints="orders.RiskTrip",
)
def release(
    session: Session,
    trip: Annotated[str, typer.Argument(metavar="TRIP", help="trip_…")],
    reason: Annotated[str, typer.Option(help="Why it may trade again; kept with the trip.")],
    dry_run: options.DryRun = False,
) -> None:
    """Release a trip: the account may open positions again."""
    request = {
        "trip_id": trip,
        "reason": reason,
        "request_id": session.request_id(),
        "validate_only": dry_run,
    }
    session.show(session.call(f"{_SERVICE}/ReleaseRiskTrip", request)["risk_trip"], RISK_TRIP)
