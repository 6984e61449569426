"""What a call would do, as a sentence to agree to: `cancels 4 orders, sells 120 AAPL.XNAS`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from apps.cli.output.words import money_in_words, number_in_words
from apps.cli.session import Session

Json = dict[str, Any]


def cancels(orders: Sequence[Json]) -> str:
    """Empty where there is nothing to cancel."""
    if not orders:
        return ""
    return f"cancels {len(orders):,} order{'' if len(orders) == 1 else 's'}"


def trades(session: Session, account_id: str, orders: Sequence[Json]) -> list[str]:
    """One part a closing order, with its value at the last known price."""
    if not orders:
        return []
    prices = _last_prices(session, account_id)
    return [_trade(order, prices.get(order["instrument_id"], "")) for order in orders]


def sentence(*parts: str) -> str:
    """The parts that say something, one after the other."""
    return ", ".join(part for part in parts if part)


def _trade(order: Json, price: str) -> str:
    verb = "buys" if order["side"] == "SIDE_BUY" else "sells"
    words = f"{verb} {number_in_words(order['quantity'])} {order['instrument_id']}"
    if not price:
        return words
    return f"{words} ≈ {money_in_words(str(Decimal(order['quantity']) * Decimal(price)))}"


def _last_prices(session: Session, account_id: str) -> dict[str, str]:
    asked = {"account_id": account_id}
    positions = session.listed("orders.AccountService/ListPositions", asked, "positions")
    return {each["instrument_id"]: each["last_price"] for each in positions}
