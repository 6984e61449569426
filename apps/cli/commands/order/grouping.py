"""`trademesh order bracket` and `oco`: orders that belong together."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.accounts import the_account
from apps.cli.command import command, group
from apps.cli.commands.order.placing import (
    Instrument,
    LimitPrice,
    Quantity,
    Side,
    StopPrice,
    Tif,
    TimeInForce,
    Trail,
    TrailPercent,
    Which,
    given,
    order_terms,
)
from apps.cli.output.group_views import ORDER_GROUP
from apps.cli.session import Session

Json = dict[str, Any]

app = group()


class Policy(StrEnum):
    """What becomes of the others when one of the orders is refused."""

    PROTECT_FIRST = "PROTECT_FIRST"
    ALL_OR_CANCEL = "ALL_OR_CANCEL"


TakeProfit = Annotated[str | None, typer.Option(help="Price of the exit with a profit.")]
StopLoss = Annotated[str | None, typer.Option(help="Price that wakes the exit with a loss.")]
StopLimit = Annotated[str | None, typer.Option(help="Worst price that exit takes, once it woke.")]
ExitTif = Annotated[
    TimeInForce,
    typer.Option("--exit-tif", case_sensitive=False, help="How long the exits may trade."),
]
WithPolicy = Annotated[
    Policy,
    typer.Option("--policy", case_sensitive=False, help="What to do when an order is refused."),
]


@command(
    app,
    "bracket",
    example=(
        "trademesh order bracket AAPL buy 10 --take-profit 70 --stop-loss 60\n"
        "trademesh order bracket AAPL buy 10 --limit 64.50 --trail-percent 2"
    ),
    prints="orders.OrderGroup",
)
def bracket(
    session: Session,
    instrument: Instrument,
    side: Which,
    quantity: Quantity,
    limit: LimitPrice = None,
    stop: StopPrice = None,
    take_profit: TakeProfit = None,
    stop_loss: StopLoss = None,
    stop_limit: StopLimit = None,
    trail: Trail = None,
    trail_percent: TrailPercent = None,
    tif: Tif = TimeInForce.DAY,
    exit_tif: ExitTif = TimeInForce.GTC,
    policy: WithPolicy = Policy.PROTECT_FIRST,
    account: options.Account = None,
    dry_run: options.DryRun = False,
) -> None:
    """Place an entry with its exits; with one exit it is an OTO.

    The exits work once the entry trades, for as much as it has traded. What one of them trades is
    taken off the other. Exit 7 when risk refuses it.
    """
    wanted = {"entry": order_terms(instrument, side, quantity, limit, stop, tif)}
    exits = _exits(take_profit, stop_loss, stop_limit, trail, trail_percent)
    _place(session, wanted | exits, exit_tif, policy, account, dry_run=dry_run)


@command(
    app,
    "oco",
    example="trademesh order oco AAPL sell 10 --take-profit 70 --stop-loss 60",
    prints="orders.OrderGroup",
)
def oco(
    session: Session,
    instrument: Instrument,
    side: Which,
    quantity: Quantity,
    take_profit: TakeProfit = None,
    stop_loss: StopLoss = None,
    stop_limit: StopLimit = None,
    trail: Trail = None,
    trail_percent: TrailPercent = None,
    tif: ExitTif = TimeInForce.GTC,
    policy: WithPolicy = Policy.PROTECT_FIRST,
    account: options.Account = None,
    dry_run: options.DryRun = False,
) -> None:
    """Place two exits of what is held: what one of them trades is taken off the other.

    Exit 7 when risk refuses it.
    """
    wanted = {"instrument_id": instrument, "side": _side(side), "quantity": quantity}
    exits = _exits(take_profit, stop_loss, stop_limit, trail, trail_percent)
    _place(session, wanted | exits, tif, policy, account, dry_run=dry_run)


def _exits(
    take_profit: str | None,
    stop_loss: str | None,
    stop_limit: str | None,
    trail: str | None,
    trail_percent: str | None,
) -> Json:
    stop = given(
        stop_price=stop_loss,
        limit_price=stop_limit,
        trail_amount=trail,
        trail_percent=trail_percent,
    )
    exits: Json = {"take_profit": {"limit_price": take_profit}} if take_profit is not None else {}
    return exits | ({"stop_loss": stop} if stop else {})


def _side(side: Side) -> str:
    return f"SIDE_{side.upper()}"


def _place(
    session: Session,
    wanted: Json,
    exit_tif: TimeInForce,
    policy: Policy,
    account: str | None,
    *,
    dry_run: bool,
) -> None:
    terms = {"exit_time_in_force": f"TIME_IN_FORCE_{exit_tif}", "policy": f"POLICY_{policy}"}
    request = {
        "account_id": the_account(session, account),
        "order_group": wanted | terms,
        "request_id": session.request_id(),
        "validate_only": dry_run,
    }
    placed = session.call("orders.OrderService/PlaceOrderGroup", request)
    session.show(placed["order_group"], ORDER_GROUP)
