"""A group as readers see it, and as clients ask for it: exact decimals and text ids."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct, structs

from domain.errors import invalid, under
from domain.instruments import Instrument
from domain.orders.groups.group import Group, GroupKind, GroupState
from domain.orders.order import PERCENT_DECIMALS, Leg
from domain.orders.records import OrderRecord
from domain.orders.request import (
    GroupPolicy,
    GroupRequest,
    OrderRequest,
    OrderType,
    Side,
    TimeInForce,
    trail_of,
)
from domain.orders.wanted import OrderTerms, TrailingTerms, wish_of
from domain.values import from_scaled


class StopTerms(Struct, frozen=True):
    """An exit that bounds the loss; None stands for no price."""

    stop_price: Decimal | None = None
    limit_price: Decimal | None = None
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None


class GroupTerms(Struct, frozen=True):
    """A group that a client wants. Without an entry it exits what the other fields say."""

    entry: OrderTerms | None
    instrument: str
    side: Side
    quantity: Decimal
    take_profit: Decimal | None
    stop_loss: StopTerms | None
    exit_time_in_force: TimeInForce = TimeInForce.GTC
    policy: GroupPolicy = GroupPolicy.PROTECT_FIRST


class OrderGroupRecord(Struct, frozen=True):
    """A group with its orders, oldest first; its name is that of the first."""

    account_id: str
    group_id: str
    number: int
    run_id: str
    kind: GroupKind
    instrument_id: str
    side: Side
    """Of its exits."""
    quantity: Decimal
    take_profit: Decimal | None
    stop_loss: StopTerms | None
    exit_time_in_force: TimeInForce
    policy: GroupPolicy
    state: GroupState
    reason: str
    orders: tuple[OrderRecord, ...]
    create_ts: int


def group_wish_of(terms: GroupTerms, instrument: Instrument) -> GroupRequest:
    """The wish, scaled. Raises `InvalidRequest` as `wish_of`, naming the field."""
    entry = None
    if terms.entry is not None:
        with under("entry"):
            entry = wish_of(terms.entry, instrument)
    profit = loss = None
    base = OrderTerms(
        terms.instrument,
        terms.side,
        terms.quantity,
        OrderType.LIMIT,
        terms.take_profit,
        time_in_force=terms.exit_time_in_force,
    )
    if terms.take_profit is not None:
        with under("take_profit"):
            profit = wish_of(base, instrument)
    if terms.stop_loss is not None:
        with under("stop_loss"):
            loss = wish_of(_stop(base, terms.stop_loss), instrument)
    return GroupRequest(entry, profit, loss, terms.policy)


def group_record(
    account_id: str,
    group: Group,
    orders: Sequence[OrderRecord],
    price_decimals: int,
    quantity_decimals: int,
) -> OrderGroupRecord:
    """The group as readers see it; `orders` are its own, in any order."""
    wishes = {leg.leg: leg.wish for leg in group.exits}
    profit, loss = wishes.get(Leg.TAKE_PROFIT), wishes.get(Leg.STOP_LOSS)
    own = sorted(orders, key=lambda order: order.number)
    return OrderGroupRecord(
        account_id,
        own[0].order_id,
        group.number,
        group.run_id,
        group.kind,
        group.instrument_id,
        Side(-group.side),
        from_scaled(group.quantity, quantity_decimals),
        None if profit is None else from_scaled(profit.limit_price, price_decimals),
        None if loss is None else _stop_terms(loss, price_decimals),
        group.exits[0].wish.time_in_force,
        group.policy,
        group.state,
        group.reason,
        tuple(own),
        group.create_ts,
    )


def _stop(base: OrderTerms, wanted: StopTerms) -> OrderTerms:
    trails = wanted.trail_amount is not None or wanted.trail_percent is not None
    if trails:
        return TrailingTerms(
            base.instrument,
            base.side,
            base.quantity,
            OrderType.TRAILING_STOP,
            wanted.limit_price,
            wanted.stop_price,
            base.time_in_force,
            wanted.trail_amount,
            wanted.trail_percent,
        )
    if wanted.stop_price is None:
        raise invalid("stop_price", "or a distance to trail at is needed", reason="MISSING_FIELD")
    return structs.replace(
        base,
        order_type=OrderType.STOP if wanted.limit_price is None else OrderType.STOP_LIMIT,
        limit_price=wanted.limit_price,
        stop_price=wanted.stop_price,
    )


def _stop_terms(wish: OrderRequest, price_decimals: int) -> StopTerms:
    amount, percent = trail_of(wish)
    return StopTerms(
        _price(wish.stop_price, price_decimals),
        _price(wish.limit_price, price_decimals),
        _price(amount, price_decimals),
        _price(percent, PERCENT_DECIMALS),
    )


def _price(scaled: int, decimals: int) -> Decimal | None:
    return from_scaled(scaled, decimals) if scaled else None
