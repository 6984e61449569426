"""Which account a command means."""

from typing import Any

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.hints import hint_for
from apps.cli.session import Session

Json = dict[str, Any]

_CREATE = "trademesh account create NAME --cash 100000"


def all_accounts(session: Session) -> list[Json]:
    """Newest first."""
    return session.listed("orders.AccountService/ListAccounts", {}, "accounts")


def the_account(session: Session, given: str | None) -> str:
    """The id of the given one, which may be a name, or of the only one there is.

    Raises Failure: exit 7 where there is none, exit 3 for a name that nobody has, exit 2 where
    there are several.
    """
    if given:
        return _by_name(session, given)
    return _only(all_accounts(session), "there are {} accounts: say which one")


def accounts_meant(session: Session, given: str | None) -> list[str]:
    """The given one, or all of them: for lists."""
    if given:
        return [_by_name(session, given)]
    return [account["account_id"] for account in all_accounts(session)]


def _by_name(session: Session, given: str) -> str:
    if given.startswith("acc_"):
        return given
    named = [each for each in all_accounts(session) if given == each["display_name"]]
    if not named:
        raise Failure(
            ExitCode.NOT_FOUND,
            f"no account is called {given}",
            reason="ACCOUNT_NOT_FOUND",
            hint=hint_for("ACCOUNT_NOT_FOUND", ExitCode.NOT_FOUND),
            facts={"account_id": given},
        )
    return _only(named, f"{{}} accounts are called {given}: say which one")


def _only(accounts: list[Json], several: str) -> str:
    if not accounts:
        raise Failure(ExitCode.NOT_ALLOWED_NOW, "there is no account yet", hint=_CREATE)
    if len(accounts) > 1:
        raise Failure(
            ExitCode.USAGE,
            several.format(len(accounts)),
            hint=f"--account {accounts[0]['account_id']}",
            details=tuple(f"{a['account_id']}  {a['display_name']}" for a in accounts[:5]),
        )
    account_id: str = accounts[0]["account_id"]
    return account_id


def create_paper_account(
    session: Session, name: str, cash: str, step: str = "", *, dry_run: bool = False
) -> Json:
    """Opens an account at the paper broker; `dry_run` says how it would be."""
    account = {"display_name": name, "broker": "paper", "capital": cash}
    request = {
        "account": account,
        "request_id": session.request_id(step),
        "validate_only": dry_run,
    }
    created: Json = session.call("orders.AccountService/CreateAccount", request)["account"]
    return created
