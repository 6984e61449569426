"""Which account a command means."""

from typing import Any

from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.session import Session

Json = dict[str, Any]

_CREATE = "trademesh account create NAME --cash 100000"


def all_accounts(session: Session) -> list[Json]:
    """Newest first."""
    return session.listed("orders.AccountService/ListAccounts", {}, "accounts")


def the_account(session: Session, given: str | None) -> str:
    """The given one, or the only one there is.

    Raises Failure: exit 7 where there is none, exit 2 where there are several.
    """
    if given:
        return given
    accounts = all_accounts(session)
    if not accounts:
        raise Failure(ExitCode.NOT_ALLOWED_NOW, "there is no account yet", hint=_CREATE)
    if len(accounts) > 1:
        raise Failure(
            ExitCode.USAGE,
            f"there are {len(accounts)} accounts: say which one",
            hint=f"--account {accounts[0]['account_id']}",
            details=tuple(f"{a['account_id']}  {a['display_name']}" for a in accounts[:5]),
        )
    account_id: str = accounts[0]["account_id"]
    return account_id


def accounts_meant(session: Session, given: str | None) -> list[str]:
    """The given one, or all of them: for lists."""
    if given:
        return [given]
    return [account["account_id"] for account in all_accounts(session)]


def create_paper_account(session: Session, name: str, cash: str, step: str = "") -> Json:
    """Opens an account at the paper broker."""
    account = {"display_name": name, "broker": "paper", "capital": cash}
    request = {"account": account, "request_id": session.request_id(step)}
    created: Json = session.call("orders.AccountService/CreateAccount", request)["account"]
    return created
