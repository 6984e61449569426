"""What readers ask about accounts; every function runs in one reading transaction."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    func,
    literal_column,
    select,
)

from adapters.sql.account_changes import (
    ONE,
    TOPIC,
    ZERO,
    account_row,
    named_row,
    position_rows,
    working_rows,
)
from adapters.sql.account_rows import instrument_of, ledger_from, record_from, terms_from
from adapters.sql.event_bus import place_of
from adapters.sql.prepared import Prepared
from adapters.sql.tables.orders import account_events, accounts, fills, orders, positions
from domain.errors import NotFound
from domain.orders.events import event_from_bytes
from domain.orders.records import (
    AccountKey,
    AccountRecord,
    AccountSnapshot,
    FillRecord,
    OrderRecord,
    PositionRecord,
    account_record,
    position_record,
)
from domain.orders.state import OrderState
from ports.account_store import OrderQuery
from ports.order_desk import AccountEntry

NO_RUN: ColumnElement[str] = literal_column("''")  # as a parameter it would hide that index

_fill_of = msgspec.msgpack.Decoder(FillRecord).decode
_ENTRIES = Prepared(
    select(account_events.c.version, account_events.c.run_id, account_events.c.event)
    .where(
        account_events.c.account_id == bindparam("account_id"),
        account_events.c.version > bindparam("after"),
    )
    .order_by(account_events.c.version)
    .limit(bindparam("most"))
)
_UNSETTLED = (
    OrderState.CREATED,
    OrderState.SUBMITTED,
    OrderState.IN_DOUBT,
    OrderState.PENDING_CANCEL,
    OrderState.PENDING_REPLACE,
)


def account(connection: Connection, tenant: str, account_id: str) -> AccountRecord:
    """One account's money."""
    return _account(connection, account_row(connection, tenant, account_id))


def snapshot(connection: Connection, tenant: str, account_id: str) -> AccountSnapshot:
    """One account with all that is open in it."""
    row = account_row(connection, tenant, account_id)
    held = _positions(connection, account_id)
    return AccountSnapshot(
        _account(connection, row),
        tuple(one for one in held if one.quantity),
        tuple(record_from(one) for one in working_rows(connection, account_id)),
        place_of(connection, TOPIC, account_id),
    )


def page_of_accounts(
    connection: Connection, tenant: str, before: int, limit: int
) -> Sequence[tuple[int, AccountRecord]]:
    """Newest first, with their places."""
    question = select(accounts).where(accounts.c.tenant == tenant)
    rows = connection.execute(_newest_first(question, accounts.c.place, before, limit)).all()
    return [(row.place, _account(connection, row)) for row in rows]


def order(connection: Connection, tenant: str, account_id: str, order_id: str) -> OrderRecord:
    """One order. Raises `NotFound`."""
    account_row(connection, tenant, account_id)
    row = named_row(connection, account_id, order_id)
    if row is None:
        raise NotFound(f"no order {order_id}", reason="ORDER_NOT_FOUND", order_id=order_id)
    return record_from(row)


def page_of_orders(
    connection: Connection,
    tenant: str,
    account_id: str,
    query: OrderQuery,
    before: int,
    limit: int,
) -> Sequence[OrderRecord]:
    """Newest first."""
    account_row(connection, tenant, account_id)
    question = select(orders).where(orders.c.account_id == account_id)
    if query.open_only:
        question = question.where(orders.c.is_working == ONE)
    if query.run_id:
        question = question.where(orders.c.run_id == query.run_id)
    rows = connection.execute(_newest_first(question, orders.c.number, before, limit)).all()
    return [record_from(row) for row in rows]


def page_of_fills(
    connection: Connection, tenant: str, account_id: str, order_id: str, before: int, limit: int
) -> Sequence[tuple[int, FillRecord]]:
    """Newest first, with their places."""
    account_row(connection, tenant, account_id)
    question = select(fills.c.place, fills.c.fill).where(fills.c.account_id == account_id)
    if order_id:
        question = question.where(fills.c.order_id == order_id)
    rows = connection.execute(_newest_first(question, fills.c.place, before, limit)).all()
    return [(row.place, _fill_of(row.fill)) for row in rows]


def page_of_positions(
    connection: Connection, tenant: str, account_id: str, after: str, limit: int
) -> Sequence[PositionRecord]:
    """Those that are not flat, by instrument."""
    account_row(connection, tenant, account_id)
    question = (
        select(positions)
        .where(positions.c.account_id == account_id, positions.c.quantity != 0)
        .where(positions.c.instrument_id > after)
        .order_by(positions.c.instrument_id)
        .limit(limit)
    )
    return [_position(row) for row in connection.execute(question)]


def position(
    connection: Connection, tenant: str, account_id: str, instrument_id: str
) -> PositionRecord | None:
    """The position in one instrument, where the account knows it."""
    account_row(connection, tenant, account_id)
    question = select(positions).where(
        positions.c.account_id == account_id, positions.c.instrument_id == instrument_id
    )
    row = connection.execute(question).first()
    return None if row is None else _position(row)


def traded_by(
    connection: Connection, tenant: str, account_id: str, run_id: str, instrument_id: str
) -> int:
    """What the orders of a run have bought less what they have sold, scaled."""
    account_row(connection, tenant, account_id)
    question = select(func.sum(orders.c.side * orders.c.filled_quantity)).where(
        orders.c.account_id == account_id,
        orders.c.run_id == run_id,
        orders.c.run_id != NO_RUN,  # the index of the runs' decisions has no others
        orders.c.instrument_id == instrument_id,
    )
    return int(connection.scalar(question) or 0)


def entries(
    connection: Connection, tenant: str, account_id: str, after: int, limit: int
) -> Sequence[AccountEntry]:
    """The account's log."""
    account_row(connection, tenant, account_id)
    rows = _ENTRIES.rows(connection, account_id=account_id, after=after, most=limit)
    return [AccountEntry(row.version, row.run_id, event_from_bytes(row.event)) for row in rows]


def report_count(connection: Connection, tenant: str, account_id: str) -> int:
    """The last of the broker's reports that is booked."""
    return int(account_row(connection, tenant, account_id).report_count)


def unsettled(connection: Connection, now: int) -> Sequence[tuple[AccountKey, str]]:
    """Orders that wait to be sent or for an answer, and absent ones that are still asked about."""
    waiting = (orders.c.is_working == ONE) & orders.c.state.in_(_UNSETTLED)
    question = (
        select(orders.c.tenant, orders.c.account_id, orders.c.order_id)
        .where(waiting | ((orders.c.watch_ts > ZERO) & (orders.c.watch_ts > now)))
        .order_by(orders.c.account_id, orders.c.number)
    )
    return [
        (AccountKey(row.tenant, row.account_id), row.order_id)
        for row in connection.execute(question)
    ]


def keys(connection: Connection) -> Sequence[AccountKey]:
    """Every account."""
    question = select(accounts.c.tenant, accounts.c.account_id).order_by(accounts.c.place)
    return [AccountKey(row.tenant, row.account_id) for row in connection.execute(question)]


def _account(connection: Connection, row: Any) -> AccountRecord:
    held = _positions(connection, row.account_id)
    return account_record(terms_from(row), ledger_from(row), row.reserved, held, row.version)


def _positions(connection: Connection, account_id: str) -> list[PositionRecord]:
    return [_position(row) for row in position_rows(connection, account_id)]


def _position(row: Any) -> PositionRecord:
    return position_record(
        row.account_id,
        instrument_of(row.instrument),
        row.quantity,
        row.cost,
        row.realised,
        row.last,
    )


def _newest_first(question: Select[Any], place: Any, before: int, limit: int) -> Select[Any]:
    if before:
        question = question.where(place < before)
    return question.order_by(place.desc()).limit(limit)
