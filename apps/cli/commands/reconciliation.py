"""`trademesh reconciliation`: do the broker, our books and their log say the same?"""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.accounts import accounts_meant, the_account
from apps.cli.agreement import call_if_agreed
from apps.cli.command import command, group
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.output.reconciliation_views import BREAK, RECONCILIATION
from apps.cli.session import Session

Json = dict[str, Any]

app = group()

_SERVICE = "orders.ReconciliationService"

BreakId = Annotated[str, typer.Argument(metavar="BREAK", help="brk_…")]
Reason = Annotated[str, typer.Option(help="Why, for whoever looks later.")]
Etag = Annotated[
    str, typer.Option(help="Only if the break is still as you saw it: its etag, from show -o json.")
]


@command(
    app,
    "run",
    example="trademesh reconciliation run\ntrademesh reconciliation run --account practice -o json",
    prints="orders.ReconcileResponse",
)
def run(session: Session, account: options.Account = None) -> None:
    """Look at an account now: every execution, every fill, the whole log. Prints what differs.

    Exit 13 where something does. Every account is looked at by itself too, once a minute.
    """
    request = {"account_id": the_account(session, account), "request_id": session.request_id()}
    found = session.call(f"{_SERVICE}/Reconcile", request)
    if session.is_for_people and not session.fields:
        session.show(found["reconciliation"], RECONCILIATION)
        if found["breaks"]:
            session.show(found["breaks"], BREAK)
    else:
        session.show(found, RECONCILIATION)
    still_open = [one for one in found["breaks"] if one["state"] == "STATE_OPEN"]
    if found["reconciliation"]["outcome"] == "OUTCOME_BREAKS" and still_open:
        raise Failure(
            ExitCode.PROBLEMS_FOUND,
            f"{len(still_open)} break{'' if len(still_open) == 1 else 's'} open",
            reason="BREAKS_OPEN",
            hint=f"trademesh reconciliation show {still_open[0]['break_id']}",
        )


@command(
    app,
    "list",
    example="trademesh reconciliation list --limit 10",
    prints="orders.Reconciliation[]",
)
def list_reconciliations(
    session: Session, account: options.Account = None, limit: options.Limit = 50
) -> None:
    """List the reconciliations of an account, newest first."""
    request = {"account_id": the_account(session, account)}
    method = f"{_SERVICE}/ListReconciliations"
    session.show(session.listed(method, request, "reconciliations", limit), RECONCILIATION)


@command(
    app,
    "breaks",
    example="trademesh reconciliation breaks --open",
    prints="orders.Break[]",
)
def breaks(
    session: Session,
    account: Annotated[
        str | None, typer.Option("--account", "-a", help="Only of this account.")
    ] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are open.")] = False,
    limit: options.Limit = 50,
) -> None:
    """List breaks, newest first, account by account."""
    requests = [
        {"account_id": each, "open_only": only_open} for each in accounts_meant(session, account)
    ]
    session.show(session.listed_over(f"{_SERVICE}/ListBreaks", requests, "breaks", limit), BREAK)


@command(app, "show", example="trademesh reconciliation show BREAK", prints="orders.Break")
def show(session: Session, one: BreakId, account: options.Account = None) -> None:
    """Print one break: its cause, the figures of all sides, and what would settle it."""
    request = {"account_id": the_account(session, account), "break_id": one}
    session.show(session.call(f"{_SERVICE}/GetBreak", request)["account_break"], BREAK)


@command(
    app,
    "approve",
    example="trademesh reconciliation approve BREAK --reason 'the broker is right'",
    prints="orders.Break",
)
def approve(
    session: Session,
    one: BreakId,
    reason: Reason,
    etag: Etag = "",
    account: options.Account = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
) -> None:
    """Have the fix of a break done. Says what it would change and asks, unless --yes."""
    _decide(session, "ApproveFix", one, reason, etag, account, dry_run=dry_run, yes=yes)


@command(
    app,
    "dismiss",
    example="trademesh reconciliation dismiss BREAK --reason 'known, settled by hand'",
    prints="orders.Break",
)
def dismiss(
    session: Session,
    one: BreakId,
    reason: Reason,
    etag: Etag = "",
    account: options.Account = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
) -> None:
    """Say that a break is none: new risk passes again, though nothing is settled.

    Says so and asks, unless --yes.
    """
    _decide(session, "DismissBreak", one, reason, etag, account, dry_run=dry_run, yes=yes)


@command(
    app,
    "watch",
    example="trademesh reconciliation watch",
    prints="orders.Break",
)
def watch(session: Session, account: options.Account = None) -> None:
    """Print the breaks that are open, then each that is found or settled, until Ctrl-C (exit 130).

    Each is a JSON object on a line of its own; on a terminal the last ones stand in a table.
    """
    account_id = the_account(session, account)
    with session.showing(BREAK) as show_one:
        for each in _changes(session, account_id):
            show_one(each)


def _changes(session: Session, account_id: str) -> Iterator[Json]:
    for message in session.stream(f"{_SERVICE}/WatchBreaks", {"account_id": account_id}):
        if "snapshot" in message:
            yield from message["snapshot"]["breaks"]
        elif "account_break" in message:
            yield message["account_break"]


def _decide(
    session: Session,
    call: str,
    one: str,
    reason: str,
    etag: str,
    account: str | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    request = {
        "account_id": the_account(session, account),
        "break_id": one,
        "reason": reason,
        "etag": etag,
    }
    decided = call_if_agreed(
        session,
        f"{_SERVICE}/{call}",
        request,
        dry_run=dry_run,
        yes=yes,
        consequence=lambda would: _consequence(call, would["account_break"]),
    )
    session.show(decided["account_break"], BREAK)


def _consequence(call: str, one: Json) -> str:
    if call == "DismissBreak":
        return f"lets new risk pass, though {one['cause']}"
    return f"does {one['fix'].removeprefix('FIX_')}, since {one['cause']}"
