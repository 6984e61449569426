"""What our books still show of what a kill switch means, each with its reason."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from msgspec import Struct

from domain.orders.kill_switch import Left, Residual
from domain.orders.records import AccountKey, AccountSnapshot, OrderRecord
from domain.orders.state import OrderState

Residuals = tuple[Residual, ...]

_WHY = {
    OrderState.SUBMITTED: Left.IN_DOUBT,
    OrderState.IN_DOUBT: Left.IN_DOUBT,
    OrderState.QUARANTINED: Left.QUARANTINED,
}


class Seen(Struct, frozen=True):
    """Our books of an account, and what of them is meant: orders, and positions by instrument."""

    account: AccountKey
    now: AccountSnapshot
    orders: tuple[OrderRecord, ...]
    held: Mapping[str, Decimal]

    @property
    def positions(self) -> frozenset[str]:
        """The instruments of all positions that are not flat."""
        return frozenset(one.instrument_id for one in self.now.positions if one.quantity)


def left_in_books(
    seen: Seen, refusals: Mapping[str, str], *, stands_still: bool
) -> Iterator[Residual]:
    """Orders that can still trade, and positions."""
    for order in seen.orders:
        yield _order_left(seen.account, order, _WHY.get(order.state, Left.CANCELING))
    for instrument_id, quantity in sorted(seen.held.items()):
        detail = refusals.get(instrument_id, "")
        reason = Left.MARKET_NOT_MOVING if stands_still else Left.CLOSING
        if detail:
            reason = Left.REFUSED
        yield Residual(seen.account, reason, instrument_id, "", quantity, detail)


def left_while_silent(seen: Seen) -> Residuals:
    """The same while the broker does not answer; the account itself where nothing else is left."""
    orders = [
        _order_left(seen.account, order, _WHY.get(order.state, Left.BROKER_SILENT))
        for order in seen.orders
    ]
    held = [
        Residual(seen.account, Left.BROKER_SILENT, instrument_id, "", quantity)
        for instrument_id, quantity in sorted(seen.held.items())
    ]
    return (*orders, *held) or (Residual(seen.account, Left.BROKER_SILENT),)


def _order_left(account: AccountKey, order: OrderRecord, reason: Left) -> Residual:
    left = order.quantity - order.filled_quantity
    return Residual(account, reason, order.instrument_id, order.order_id, left)
