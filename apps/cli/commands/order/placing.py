"""`trademesh order submit` and `preview`."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.accounts import the_account
from apps.cli.command import command, group
from apps.cli.output.views import ORDER, PREVIEW
from apps.cli.session import Session

Json = dict[str, Any]

app = group()

_PLACE = "orders.OrderService/PlaceOrder"


class Side(StrEnum):
    """Which way."""

    BUY = "buy"
    SELL = "sell"


class TimeInForce(StrEnum):
    """How long an order may trade."""

    DAY = "DAY"
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


Instrument = Annotated[str, typer.Argument(metavar="INSTRUMENT", help="AAPL or AAPL.XNAS.")]
Which = Annotated[Side, typer.Argument(metavar="buy|sell", case_sensitive=False, help="Which way.")]
Quantity = Annotated[str, typer.Argument(metavar="QUANTITY", help="How much, more than 0.")]
LimitPrice = Annotated[str | None, typer.Option("--limit", help="The worst price to take.")]
StopPrice = Annotated[str | None, typer.Option("--stop", help="The price that wakes the order.")]
Trail = Annotated[
    str | None, typer.Option("--trail", help="Let the stop follow the market, this far away.")
]
TrailPercent = Annotated[
    str | None, typer.Option("--trail-percent", help="The same, in percent of the price.")
]
Tif = Annotated[
    TimeInForce,
    typer.Option(case_sensitive=False, help="How long it may trade."),
]


@command(
    app,
    "submit",
    example=(
        "trademesh order submit AAPL buy 10\n"
        "trademesh order submit AAPL sell 10 --limit 64.50 --tif GTC\n"
        "trademesh order submit AAPL sell 10 --trail-percent 2 --tif GTC"
    ),
    prints="orders.Order",
)
def submit(
    session: Session,
    instrument: Instrument,
    side: Which,
    quantity: Quantity,
    limit: LimitPrice = None,
    stop: StopPrice = None,
    trail: Trail = None,
    trail_percent: TrailPercent = None,
    tif: Tif = TimeInForce.DAY,
    account: options.Account = None,
    dry_run: options.DryRun = False,
) -> None:
    """Place an order: at the market, at --limit, from --stop on, or both; or a stop that trails.

    Returns when the order is kept; it goes to the broker right after. Exit 7 when risk refuses it.
    """
    terms = order_terms(instrument, side, quantity, limit, stop, tif, trail, trail_percent)
    session.show(_place(session, terms, account, keep=not dry_run)["order"], ORDER)


@command(
    app,
    "preview",
    example="trademesh order preview AAPL buy 10 --limit 64.50",
    prints="orders.PlaceOrderResponse",
)
def preview(
    session: Session,
    instrument: Instrument,
    side: Which,
    quantity: Quantity,
    limit: LimitPrice = None,
    stop: StopPrice = None,
    trail: Trail = None,
    trail_percent: TrailPercent = None,
    tif: Tif = TimeInForce.DAY,
    account: options.Account = None,
) -> None:
    """Say what an order would cost, set aside and leave, at the last known price. Keeps nothing.

    Exit 7 when risk would refuse it.
    """
    terms = order_terms(instrument, side, quantity, limit, stop, tif, trail, trail_percent)
    session.show(_place(session, terms, account, keep=False), PREVIEW)


def order_terms(
    instrument: str,
    side: Side,
    quantity: str,
    limit: str | None,
    stop: str | None,
    tif: str,
    trail: str | None = None,
    trail_percent: str | None = None,
) -> Json:
    """An order as it is asked for; its type follows from what was said."""
    trails = trail is not None or trail_percent is not None
    terms = {
        "instrument_id": instrument,
        "side": f"SIDE_{side.upper()}",
        "quantity": quantity,
        "order_type": "ORDER_TYPE_TRAILING_STOP" if trails else _order_type(limit, stop),
        "time_in_force": f"TIME_IN_FORCE_{tif}",
    }
    return terms | given(
        limit_price=limit, stop_price=stop, trail_amount=trail, trail_percent=trail_percent
    )


def _place(session: Session, terms: Json, account: str | None, *, keep: bool) -> Json:
    request = {
        "account_id": the_account(session, account),
        "order": terms,
        "request_id": session.request_id(),
        "validate_only": not keep,
    }
    return session.call(_PLACE, request)


def _order_type(limit: str | None, stop: str | None) -> str:
    if limit is None:
        return "ORDER_TYPE_MARKET" if stop is None else "ORDER_TYPE_STOP"
    return "ORDER_TYPE_LIMIT" if stop is None else "ORDER_TYPE_STOP_LIMIT"


def given(**values: str | None) -> dict[str, str]:
    """Those that were said."""
    return {name: value for name, value in values.items() if value is not None}
