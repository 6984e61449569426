"""`trademesh account`: money, and what it may still buy. Alone it shows the one account."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from apps.cli import options
from apps.cli.accounts import create_paper_account, the_account
from apps.cli.command import command, group
from apps.cli.export import export
from apps.cli.output.views import ACCOUNT, LEDGER_ENTRY
from apps.cli.session import Session

app = group()

_SERVICE = "orders.AccountService"

Account = Annotated[
    str | None,
    typer.Argument(
        metavar="[ACCOUNT]", help="acc_… or its name; may be left out where there is one."
    ),
]


@command(app, "list", example="trademesh account list", prints="orders.Account[]")
def list_accounts(session: Session, limit: options.Limit = 50) -> None:
    """List accounts, newest first."""
    session.show(session.listed(f"{_SERVICE}/ListAccounts", {}, "accounts", limit), ACCOUNT)


@command(
    app,
    "show",
    example="trademesh account\ntrademesh account show practice",
    prints="orders.Account",
)
def show(session: Session, account: Account = None) -> None:
    """Print one account. `trademesh account` alone does the same."""
    request = {"account_id": the_account(session, account)}
    session.show(session.call(f"{_SERVICE}/GetAccount", request)["account"], ACCOUNT)


@command(
    app,
    "create",
    example="trademesh account create practice --cash 100000",
    prints="orders.Account",
)
def create(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of yours.")],
    cash: options.Cash = "100000",
    dry_run: options.DryRun = False,
) -> None:
    """Open an account at the paper broker."""
    session.show(create_paper_account(session, name, cash, dry_run=dry_run), ACCOUNT)


@command(
    app,
    "ledger",
    example="trademesh account ledger\ntrademesh account ledger practice --limit 0 -o csv",
    prints="orders.LedgerEntry[]",
)
def ledger(session: Session, account: Account = None, limit: options.Limit = 50) -> None:
    """List the entries of an account's ledger, newest first: each adds up to zero."""
    request = {"account_id": the_account(session, account)}
    found = session.listed(f"{_SERVICE}/ListLedgerEntries", request, "ledger_entries", limit)
    session.show(found, LEDGER_ENTRY)


class What(StrEnum):
    """What of an account is exported."""

    ORDERS = "orders"
    FILLS = "fills"


@command(
    app,
    "export",
    example="trademesh account export fills fills.csv\n"
    "trademesh account export orders orders.parquet --account practice",
    prints="exports.Export",
)
def export_account(
    session: Session,
    what: Annotated[
        What, typer.Argument(metavar="orders|fills", case_sensitive=False, help="Of what.")
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; - is stdout.")],
    account: options.Account = None,
    file_format: options.Format = None,
    force: options.Force = False,
    dry_run: options.DryRun = False,
) -> None:
    """Write the orders or fills of an account to a file: CSV or Parquet."""
    content = {f"account_{what}": {"account_id": the_account(session, account)}}
    export(session, content, file, file_format, force=force, dry_run=dry_run)
