"""Rows of an account, and what the domain makes of them."""

from functools import lru_cache
from typing import Any

import msgspec

from domain.instruments import Instrument
from domain.orders.books import AccountState, Holding
from domain.orders.doubt import Doubt
from domain.orders.halts import Halt
from domain.orders.kept import Kept, Market
from domain.orders.ledger import Ledger
from domain.orders.order import Leg, Order, Replacement, Trail, link_of
from domain.orders.records import AccountTerms, OrderRecord, OrderTag, order_record
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState

pack = msgspec.msgpack.encode
# The same few bytes come back with every change of an account.
limits_of = lru_cache(1024)(msgspec.msgpack.Decoder(RiskLimits).decode)
instrument_of = lru_cache(1024)(msgspec.msgpack.Decoder(Instrument).decode)
_times_of = msgspec.msgpack.Decoder(tuple[int, ...]).decode
_doubt_of = msgspec.msgpack.Decoder(Doubt).decode
_trail_of = msgspec.msgpack.Decoder(Trail).decode
_replacement_of = msgspec.msgpack.Decoder(Replacement).decode


def kept_from(
    account: Any,
    positions: list[Any],
    orders: list[Any],
    fill_ids: frozenset[str],
    halts: tuple[Halt, ...] = (),
) -> Kept:
    """What a change starts from. `orders` are oldest first."""
    instruments = {row.instrument_id: instrument_of(row.instrument) for row in positions}
    return Kept(
        tenant=account.tenant,
        terms=terms_from(account),
        state=AccountState(
            ledger_from(account),
            tuple(
                Holding(row.instrument_id, row.quantity, row.cost, row.realised)
                for row in positions
            ),
            tuple(order_from(row) for row in orders),
            account.order_count,
            _times_of(account.recent),
        ),
        version=account.version,
        instruments=instruments,
        marks={row.instrument_id: row.last for row in positions if row.last},
        tags={row.number: tag_from(row) for row in orders},
        market=Market(account.market_run_id, account.market_ts),
        report_count=account.report_count,
        fill_ids=fill_ids,
        halts=halts,
    )


def terms_from(row: Any) -> AccountTerms:
    """What the account was opened with."""
    return AccountTerms(
        row.account_id,
        row.display_name,
        row.broker,
        row.currency,
        limits_of(row.limits),
        row.create_ts,
    )


def ledger_from(row: Any) -> Ledger:
    """The account's money."""
    return Ledger(row.cash, row.cost, row.fees, row.capital, row.realised)


def order_from(row: Any) -> Order:
    """The decision core's order."""
    return Order(
        row.number,
        row.request,
        row.instrument_id,
        Side(row.side),
        row.quantity,
        OrderType(row.order_type),
        row.limit_price,
        row.stop_price,
        TimeInForce(row.time_in_force),
        row.reserve_price,
        row.create_ts,
        row.update_ts,
        OrderState(row.state),
        row.filled_quantity,
        row.fill_value,
        row.fees,
        row.reserved,
        row.reason,
        _replacement_of(row.replacement) if row.replacement is not None else None,
        row.group_number,
        Leg(row.leg),
        link_of(row.group_number, Leg(row.leg)),
        _trail_of(row.trail) if row.trail is not None else None,
        row.high_water,
    )


def tag_from(row: Any) -> OrderTag:
    """What is kept beside the order."""
    return OrderTag(
        row.order_id,
        row.run_id,
        row.fingerprint,
        row.broker_order_id,
        row.version,
        row.attempts,
        doubt=None if row.doubt is None else _doubt_of(row.doubt),
        watch_ts=row.watch_ts,
        decision=row.decision,
        generation=row.generation,
        origin=row.origin,
        group_id=row.group_id,
        terms_ts=row.terms_ts,
    )


def record_from(row: Any) -> OrderRecord:
    """The order as readers see it."""
    return order_record(
        row.account_id,
        order_from(row),
        tag_from(row),
        row.price_decimals,
        row.quantity_decimals,
    )


def order_row(
    tenant: str, account_id: str, order: Order, tag: OrderTag, of: Instrument
) -> dict[str, Any]:
    """The order as it is kept."""
    return {
        "tenant": tenant,
        "account_id": account_id,
        "number": order.order_id,
        "order_id": tag.order_id,
        "run_id": tag.run_id,
        "request": order.request,
        "fingerprint": tag.fingerprint,
        "instrument_id": order.instrument_id,
        "price_decimals": of.price_decimals,
        "quantity_decimals": of.quantity_decimals,
        "side": int(order.side),
        "quantity": order.quantity,
        "order_type": int(order.order_type),
        "limit_price": order.limit_price,
        "stop_price": order.stop_price,
        "time_in_force": int(order.time_in_force),
        "reserve_price": order.reserve_price,
        "create_ts": order.create_ts,
        "update_ts": order.update_ts,
        "state": int(order.state),
        "filled_quantity": order.filled_quantity,
        "fill_value": order.fill_value,
        "fees": order.fees,
        "reserved": order.reserved,
        "reason": order.reason,
        "replacement": pack(order.replacement) if order.replacement is not None else None,
        "group_number": order.group,
        "group_id": tag.group_id,
        "leg": int(order.leg),
        "trail": pack(order.trail) if order.trail is not None else None,
        "high_water": order.high_water,
        "broker_order_id": tag.broker_order_id,
        "version": tag.version,
        "attempts": tag.attempts,
        "doubt": None if tag.doubt is None else pack(tag.doubt),
        "watch_ts": tag.watch_ts,
        "decision": tag.decision,
        "generation": tag.generation,
        "origin": tag.origin,
        "terms_ts": tag.terms_ts,
        "is_working": int(order.is_working),
    }
