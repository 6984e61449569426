"""What the stores keep, read from outside, and held against the double's own book."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from adapters.memory.kept_account import KeptAccount
from adapters.sql.account_rows import kept_from, order_from, tag_from
from adapters.sql.tables.events import events
from adapters.sql.tables.leases import leases
from adapters.sql.tables.orders import account_events, accounts, fills, orders, positions
from domain.orders.events import event_from_bytes
from domain.orders.records import FillRecord, OrderRecord
from domain.orders.state import OrderState
from tests.simulation.broker import BrokerBook
from tests.simulation.oracle import Oracle, Violation

_fill_of = msgspec.msgpack.Decoder(FillRecord).decode
_OUTBOX: dict[str, Any] = {
    "order": msgspec.msgpack.Decoder(OrderRecord).decode,
    "fill": _fill_of,
}
_WAITING = {
    OrderState.CREATED,
    OrderState.SUBMITTED,
    OrderState.IN_DOUBT,
    OrderState.ACCEPTED,
    OrderState.PARTIALLY_FILLED,
    OrderState.PENDING_CANCEL,
    OrderState.PENDING_REPLACE,
}


def waiting(connection: Connection) -> dict[str, int]:
    """Orders that are not where they end, by state."""
    found: dict[str, int] = {}
    for row in connection.execute(select(orders.c.state).where(orders.c.is_working == 1)):
        state = OrderState(row.state)
        if state in _WAITING:
            found[state.name] = found.get(state.name, 0) + 1
    return found


def epoch(connection: Connection) -> int:
    """How often the lease has had a new holder."""
    return int(connection.scalar(select(leases.c.epoch)) or 0)


def booked(connection: Connection, account_id: str) -> int:
    """The last of the broker's reports that is booked."""
    question = select(accounts.c.report_count).where(accounts.c.account_id == account_id)
    return int(connection.scalar(question) or 0)


def violations(
    connection: Connection,
    books: Mapping[str, BrokerBook],
    asked: Mapping[str, Mapping[str, str]],
) -> list[Violation]:
    """Everything that must be zero, once all has come to rest."""
    oracle = Oracle(books)
    for account_id, book in books.items():
        told = _told(connection, account_id)
        oracle.account(_kept(connection, account_id), book, asked[account_id], (), told)
    return oracle.found


def _told(connection: Connection, account_id: str) -> list[OrderRecord | FillRecord]:
    question = select(events).where(events.c.key == account_id).order_by(events.c.seq)
    return [
        _OUTBOX[row.kind](row.payload)
        for row in connection.execute(question)
        if row.kind in _OUTBOX
    ]


def _kept(connection: Connection, account_id: str) -> KeptAccount:
    def rows(table: Any, *order: Any) -> list[Any]:
        question = select(table).where(table.c.account_id == account_id).order_by(*order)
        return list(connection.execute(question).all())

    [account] = rows(accounts)
    held, made = rows(positions), rows(orders, orders.c.number)
    kept = kept_from(account, held, made, frozenset())
    return KeptAccount(
        tenant=account.tenant,
        terms=kept.terms,
        place=account.place,
        ledger=kept.state.ledger,
        reserved=account.reserved,
        holdings={one.instrument_id: one for one in kept.state.holdings},
        instruments=dict(kept.instruments),
        orders={row.number: order_from(row) for row in made},
        tags={row.number: tag_from(row) for row in made},
        numbers={row.order_id: row.number for row in made},
        fills={row.fill_id: _fill_of(row.fill) for row in rows(fills)},
        entries=[
            (row.run_id, event_from_bytes(row.event))
            for row in rows(account_events, account_events.c.version)
        ],
        order_count=account.order_count,
        version=account.version,
    )
