"""Loads an account for a change, and keeps what the change made of it, in one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

from msgspec import structs
from sqlalchemy import ColumnElement, Connection, bindparam, literal_column, select

from adapters.sql.account_groups import groups_of, keep_groups, order_rows
from adapters.sql.account_rows import kept_from, order_row, pack
from adapters.sql.event_bus import append_events
from adapters.sql.kill_switch_halts import kill_halts, share_barrier
from adapters.sql.kill_switch_rows import add_trips
from adapters.sql.prepared import Prepared, inserting, updating
from adapters.sql.reconciliation_rows import keep_reckoning, standing_breaks
from adapters.sql.restraints import restraints
from adapters.sql.risk_rows import keep_gate, kept_gate
from adapters.sql.tables.orders import (
    account_events,
    accounts,
    fills,
    ledger_entries,
    order_attempts,
    orders,
    positions,
)
from domain.errors import NotFound
from domain.instruments import NANOSECONDS
from domain.orders.book import AccountBook, Record
from domain.orders.books import Holding
from domain.orders.events import CapitalDeposited, LedgerPosted, event_to_bytes
from domain.orders.events import Event as AccountEvent
from domain.orders.kept import Attempt, Kept
from domain.orders.position import Position
from domain.orders.records import AccountRecord, FillRecord, OrderRecord, PositionRecord
from ports.event_bus import Event

TOPIC = "accounts"
KINDS: dict[type[Record], str] = {
    OrderRecord: "order",
    FillRecord: "fill",
    PositionRecord: "position",
    AccountRecord: "account",
}

ONE: ColumnElement[int] = literal_column("1")  # as parameters they would hide the partial indexes
ZERO: ColumnElement[int] = literal_column("0")

_of_account = accounts.c.account_id == bindparam("account_id")
_account = select(accounts).where(_of_account, accounts.c.tenant == bindparam("tenant"))
_ACCOUNT, _TAKE_ACCOUNT = Prepared(_account), Prepared(_account.with_for_update())
_POSITIONS = Prepared(select(positions).where(positions.c.account_id == bindparam("account_id")))
_WORKING = Prepared(
    select(orders)
    .where(orders.c.account_id == bindparam("account_id"), orders.c.is_working == ONE)
    .order_by(orders.c.number)
)
_NAMED = Prepared(
    select(orders).where(
        orders.c.account_id == bindparam("account_id"),
        orders.c.order_id == bindparam("order_id"),
    )
)
_BOOKED = Prepared(
    select(fills.c.fill_id).where(
        fills.c.account_id == bindparam("account_id"), fills.c.fill_id == bindparam("fill_id")
    )
)
_OPEN_ACCOUNT, _KEEP_ACCOUNT = inserting(accounts), updating(accounts, "account_id")
_ADD_ORDER, _KEEP_ORDER = inserting(orders), updating(orders, "account_id", "number")
_ADD_ATTEMPT = inserting(order_attempts)
_KEEP_ATTEMPT = updating(order_attempts, "account_id", "number", "attempt")
_ADD_POSITION = inserting(positions)
_KEEP_POSITION = updating(positions, "account_id", "instrument_id")
_ADD_FILL, _ADD_ENTRY = inserting(fills), inserting(ledger_entries)
_ADD_EVENT = inserting(account_events)


def account_row(connection: Connection, tenant: str, account_id: str) -> Any:
    """The account's own row. Raises `NotFound` ACCOUNT_NOT_FOUND."""
    return _one(_ACCOUNT, connection, tenant, account_id)


def take_account(connection: Connection, tenant: str, account_id: str) -> Any:
    """The same; nobody else changes the account until this transaction ends."""
    return _one(_TAKE_ACCOUNT, connection, tenant, account_id)


def _one(question: Prepared, connection: Connection, tenant: str, account_id: str) -> Any:
    row = question.row(connection, tenant=tenant, account_id=account_id)
    if row is None:
        raise NotFound(
            f"no account {account_id}", reason="ACCOUNT_NOT_FOUND", account_id=account_id
        )
    return row


def position_rows(connection: Connection, account_id: str) -> list[Any]:
    """Every position of the account, flat ones too."""
    return list(_POSITIONS.rows(connection, account_id=account_id))


def working_rows(connection: Connection, account_id: str) -> list[Any]:
    """Orders that can still trade, oldest first."""
    return list(_WORKING.rows(connection, account_id=account_id))


def named_row(connection: Connection, account_id: str, order_id: str) -> Any | None:
    """The order of that name."""
    return _NAMED.row(connection, account_id=account_id, order_id=order_id)


def load(
    connection: Connection,
    tenant: str,
    account_id: str,
    named: Iterable[str],
    asked_fills: Sequence[str],
) -> Kept:
    """What a change starts from. Raises `NotFound`."""
    share_barrier(connection, tenant)
    account = take_account(connection, tenant, account_id)
    rows = {row.number: row for row in working_rows(connection, account_id)}
    for order_id in dict.fromkeys(named):
        if (row := named_row(connection, account_id, order_id)) is not None:
            rows[row.number] = row
    booked = frozenset(
        fill_id
        for fill_id in asked_fills
        if _BOOKED.row(connection, account_id=account_id, fill_id=fill_id)
    )
    groups = groups_of(connection, account_id, {row.group_number for row in rows.values()})
    legs = {number for group in groups for number in group.orders} - set(rows)
    rows |= {row.number: row for row in order_rows(connection, account_id, legs)}
    in_order = [rows[number] for number in sorted(rows)]
    there = restraints(connection, tenant, account_id)
    halts = kill_halts(connection, tenant, account_id) if there.switches else ()
    breaks = standing_breaks(connection, account_id) if there.breaks else ()
    kept = kept_from(account, position_rows(connection, account_id), in_order, booked, halts)
    gate = kept_gate(connection, account, (row.run_id for row in in_order)) if there.gate else None
    if breaks or groups or gate is not None:
        return structs.replace(kept, breaks=breaks, groups=groups, gate=gate)
    return kept


def open_account(connection: Connection, book: AccountBook) -> None:
    """Keeps a new account as it stands before its first change."""
    _OPEN_ACCOUNT.run(connection, [_account_row(book)])


def keep(connection: Connection, before: Kept, book: AccountBook, *, clock: int) -> None:
    """Keeps everything that the book was told."""
    _KEEP_ACCOUNT.run(connection, [_account_row(book)])
    _keep_orders(connection, before, book)
    keep_groups(connection, book)
    _ADD_ATTEMPT.run(connection, (_attempt_row(book, attempt) for attempt in book.attempts))
    _KEEP_ATTEMPT.run(connection, (_attempt_row(book, attempt) for attempt in book.answers))
    _keep_positions(connection, before, book)
    _keep_log(connection, before, book)
    keep_reckoning(connection, book, clock=clock)
    keep_gate(connection, before, book, clock=clock)
    add_trips(connection, book.presses, clock=clock)
    append_events(
        connection,
        (
            Event(0, book.tenant, TOPIC, book.account_id, KINDS[type(told)], pack(told), clock)
            for told in book.told
        ),
    )


def _keep_orders(connection: Connection, before: Kept, book: AccountBook) -> None:
    changed = [
        order_row(
            book.tenant,
            book.account_id,
            order,
            book.tag(order.order_id),
            book.account.position(order.instrument_id).instrument,
        )
        for order in book.changed_orders()
    ]
    made = before.state.order_count
    _KEEP_ORDER.run(connection, (row for row in changed if row["number"] <= made))
    _ADD_ORDER.run(connection, (row for row in changed if row["number"] > made))


def _keep_positions(connection: Connection, before: Kept, book: AccountBook) -> None:
    held = {one.instrument_id: one for one in before.state.holdings}
    for instrument_id, position in book.account.positions.items():
        now = Holding(instrument_id, position.quantity, position.cost, position.realised)
        if instrument_id not in held:
            _ADD_POSITION.run(connection, [_position_row(book, position)])
        elif held[instrument_id] != now or (before.marks.get(instrument_id, 0.0) != position.last):
            _KEEP_POSITION.run(connection, [_position_row(book, position)])


def _keep_log(connection: Connection, before: Kept, book: AccountBook) -> None:
    owner = {"tenant": book.tenant, "account_id": book.account_id}
    entries = list(zip(count(before.version + 1), book.entries, strict=False))
    booked = iter(book.reckoning.postings)
    _ADD_EVENT.run(
        connection,
        (
            {**owner, "version": version, "run_id": run_id, "event": event_to_bytes(event)}
            for version, (run_id, event) in entries
        ),
    )
    _ADD_ENTRY.run(
        connection,
        (
            {**owner, "version": version, **posting}
            for version, (_, event) in entries
            if (posting := _posting(event, booked))
        ),
    )
    _ADD_FILL.run(
        connection,
        (
            {
                **owner,
                "fill_id": fill.fill_id,
                "number": fill.number,
                "order_id": fill.order_id,
                "fill": pack(fill),
                "break_id": "",
            }
            for fill in book.fills
        ),
    )


def _posting(event: AccountEvent, booked: Iterator[tuple[str, str]]) -> dict[str, Any] | None:
    """The entry of the ledger that the event is; `booked` names the fill and the break of each."""
    if isinstance(event, LedgerPosted):
        fill_id, break_id = next(booked)
        return {
            "ts": event.ts,
            "number": event.order_id,
            "cash": event.cash,
            "cost": event.basis,
            "fees": event.fee,
            "capital": 0,
            "realised": event.realised,
            "fill_id": fill_id or None,
            "break_id": break_id,
        }
    if isinstance(event, CapitalDeposited):
        moved = {"ts": event.ts, "number": 0, "cash": event.amount, "capital": event.amount}
        return {**moved, "cost": 0, "fees": 0, "realised": 0, "fill_id": None, "break_id": ""}
    return None


def _account_row(book: AccountBook) -> dict[str, Any]:
    terms, account, ledger = book.terms, book.account, book.account.ledger
    recent = account.state().recent
    newest = recent[-1] if recent else 0
    return {
        "tenant": book.tenant,
        "account_id": terms.account_id,
        "display_name": terms.display_name,
        "broker": terms.broker,
        "currency": terms.currency,
        "limits": pack(terms.limits),
        "create_ts": terms.create_ts,
        "cash": ledger.cash,
        "cost": ledger.positions,
        "fees": ledger.fees,
        "capital": ledger.capital,
        "realised": ledger.realised,
        "reserved": account.reserved,
        "order_count": account.order_count,
        "recent": pack([ts for ts in recent if newest - ts < NANOSECONDS]),
        "version": book.version,
        "market_run_id": book.market.run_id,
        "market_ts": book.market.ts,
        "report_count": book.report_count,
    }


def _position_row(book: AccountBook, position: Position) -> dict[str, Any]:
    return {
        "tenant": book.tenant,
        "account_id": book.account_id,
        "instrument_id": position.instrument.instrument_id,
        "instrument": pack(position.instrument),
        "quantity": position.quantity,
        "cost": position.cost,
        "realised": position.realised,
        "last": position.last,
    }


def _attempt_row(book: AccountBook, attempt: Attempt) -> dict[str, Any]:
    return {
        "tenant": book.tenant,
        "account_id": book.account_id,
        "number": attempt.number,
        "attempt": attempt.attempt,
        "kind": attempt.kind.value,
        "send_ts": attempt.send_ts,
        "outcome": attempt.outcome.value,
        "reason": attempt.reason,
    }
