"""An account's books as a reconciliation compares them, in one reading transaction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from adapters.sql.account_changes import named_row, position_rows, working_rows
from adapters.sql.account_rows import instrument_of, ledger_from, terms_from
from adapters.sql.prepared import Prepared
from adapters.sql.tables.orders import account_events, fills, ledger_entries
from adapters.sql.tables.reconciliation import stray_reports
from domain.orders.events import Event, event_from_bytes
from domain.orders.ledger import Ledger
from domain.orders.reconciliation.books import Books, KeptOrder
from domain.orders.records import FillRecord
from domain.orders.state import OrderState
from domain.orders.statement import ExecutionReport

AT_A_TIME = 500  # names in one question

_fill_of = msgspec.msgpack.Decoder(FillRecord).decode
_report_of = msgspec.msgpack.Decoder(ExecutionReport).decode
_LOG = Prepared(
    select(account_events.c.version, account_events.c.event)
    .where(
        account_events.c.account_id == bindparam("account_id"),
        account_events.c.version > bindparam("after"),
    )
    .order_by(account_events.c.version)
    .limit(bindparam("most"))
)


def books_of(
    connection: Connection,
    account: Any,
    after: int,
    orders: Sequence[str],
    asked_fills: Mapping[str, str],
    *,
    all_fills: bool,
    most: int,
) -> Books:
    """The books of the account of that row."""
    account_id = account.account_id
    held = position_rows(connection, account_id)
    fills_there = tuple(_all_fills(connection, account_id)) if all_fills else None
    booked = _booked(connection, account_id, asked_fills, fills_there)
    unbooked = (name for fill_id, name in asked_fills.items() if fill_id not in booked)
    log = _log(connection, account_id, after, most or account.version)
    upto = log[-1][0] if log else after
    return Books(
        terms_from(account),
        account.version,
        account.report_count,
        account.market_run_id,
        account.market_ts if account.market_run_id else 0,
        ledger_from(account),
        _entries(connection, account_id, after, upto if most else account.version),
        {row.instrument_id: (row.quantity, row.cost, row.realised) for row in held},
        {row.instrument_id: instrument_of(row.instrument) for row in held},
        _orders(connection, account_id, (*orders, *unbooked)),
        booked,
        fills_there,
        _strays(connection, account_id),
        log,
    )


def fill_of(connection: Connection, account_id: str, fill_id: str) -> FillRecord | None:
    """The fill of that id, unless it was taken back."""
    body = connection.scalar(
        select(fills.c.fill).where(
            fills.c.account_id == account_id, fills.c.fill_id == fill_id, fills.c.break_id == ""
        )
    )
    return None if body is None else _fill_of(body)


def _entries(connection: Connection, account_id: str, after: int, upto: int) -> Ledger:
    names = ("cash", "cost", "fees", "capital", "realised")
    sums = (func.coalesce(func.sum(ledger_entries.c[name]), 0) for name in names)
    row = connection.execute(
        select(*sums).where(
            ledger_entries.c.account_id == account_id,
            ledger_entries.c.version > after,
            ledger_entries.c.version <= upto,
        )
    ).one()
    return Ledger(*(int(amount) for amount in row))


def _orders(connection: Connection, account_id: str, names: Iterable[str]) -> dict[str, KeptOrder]:
    rows = {row.order_id: row for row in working_rows(connection, account_id)}
    for name in dict.fromkeys(names):
        if name not in rows and (row := named_row(connection, account_id, name)) is not None:
            rows[name] = row
    return {
        name: KeptOrder(
            name,
            row.number,
            OrderState(row.state),
            row.quantity,
            row.filled_quantity,
            row.broker_order_id,
        )
        for name, row in rows.items()
    }


def _booked(
    connection: Connection,
    account_id: str,
    asked_fills: Mapping[str, str],
    fills_there: Sequence[FillRecord] | None,
) -> frozenset[str]:
    if fills_there is not None:
        return frozenset(one.fill_id for one in fills_there if one.fill_id in asked_fills)
    asked, found = list(asked_fills), set[str]()
    for start in range(0, len(asked), AT_A_TIME):
        question = select(fills.c.fill_id).where(
            fills.c.account_id == account_id,
            fills.c.fill_id.in_(asked[start : start + AT_A_TIME]),
            fills.c.break_id == "",
        )
        found.update(connection.scalars(question))
    return frozenset(found)


def _all_fills(connection: Connection, account_id: str) -> Iterable[FillRecord]:
    question = (
        select(fills.c.fill)
        .where(fills.c.account_id == account_id, fills.c.break_id == "")
        .order_by(fills.c.place)
    )
    return (_fill_of(body) for body in connection.scalars(question))


def _strays(connection: Connection, account_id: str) -> tuple[ExecutionReport, ...]:
    question = (
        select(stray_reports.c.report)
        .where(stray_reports.c.account_id == account_id)
        .order_by(stray_reports.c.number)
    )
    return tuple(_report_of(body) for body in connection.scalars(question))


def _log(
    connection: Connection, account_id: str, after: int, most: int
) -> tuple[tuple[int, Event], ...]:
    rows = _LOG.rows(connection, account_id=account_id, after=after, most=most)
    return tuple((row.version, event_from_bytes(row.event)) for row in rows)
