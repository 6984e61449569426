"""The same as one answer, for programs."""

from typing import Any

from apps.cli.output.views import ACCOUNT, ORDER, POSITION, RUN, plain_view
from apps.cli.session import Session

Json = dict[str, Any]

_VIEWS = {"accounts": ACCOUNT, "positions": POSITION, "orders": ORDER, "runs": RUN}


def show_once(session: Session) -> None:
    """A table of each kind where people read, else one object."""
    found = all_that_is_open(session)
    if not session.is_for_people:
        session.show(found, plain_view("accounts", *_VIEWS))
        return
    for name, view in _VIEWS.items():
        print(f"{name}:")
        session.show(found[name], view)
        print()


def all_that_is_open(session: Session) -> Json:
    """Accounts, positions that are not flat, orders that can still trade, runs at work."""
    accounts = session.listed("orders.AccountService/ListAccounts", {}, "accounts")
    asked = [{"account_id": account["account_id"]} for account in accounts]
    positions = session.listed_over("orders.AccountService/ListPositions", asked, "positions")
    orders = session.listed_over(
        "orders.OrderService/ListOrders", [each | {"open_only": True} for each in asked], "orders"
    )
    runs = session.listed("strategies.RunService/ListRuns", {"active_only": True}, "runs")
    return {"accounts": accounts, "positions": positions, "orders": orders, "runs": runs}
