"""Breaks in the transaction of the change that finds or settles them."""

from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, literal_column, select, update

from adapters.sql.event_bus import append_events
from adapters.sql.prepared import Prepared, inserting
from adapters.sql.tables.orders import fills
from adapters.sql.tables.reconciliation import breaks, stray_reports
from domain.orders.book import AccountBook
from domain.orders.reconciliation.breaks import Break, BreakState
from ports.event_bus import Event

TOPIC = "breaks"

pack = msgspec.msgpack.encode
break_of = msgspec.msgpack.Decoder(Break).decode

STANDING_BREAKS = (
    breaks.c.account_id == bindparam("account_id"),
    breaks.c.is_standing == literal_column("1"),  # as a parameter it would hide that index
)
_STANDING = Prepared(select(breaks.c.body).where(*STANDING_BREAKS).order_by(breaks.c.seq))
_ADD_BREAK = inserting(breaks)
_ADD_STRAY = inserting(stray_reports)


def standing_breaks(connection: Connection, account_id: str) -> tuple[Break, ...]:
    """Those that the last reconciliation still saw, or that nobody has settled."""
    return tuple(break_of(row.body) for row in _STANDING.rows(connection, account_id=account_id))


def keep_reckoning(connection: Connection, book: AccountBook, *, clock: int) -> None:
    """Keeps what a change found and settled, and tells of the breaks that stand otherwise."""
    reckoning = book.reckoning
    for one in reckoning.changed.values():
        _keep(connection, one)
    for fill_id, break_id in reckoning.reversed.items():
        connection.execute(
            update(fills)
            .where(fills.c.account_id == book.account_id, fills.c.fill_id == fill_id)
            .values(break_id=break_id)
        )
    owner = {"tenant": book.tenant, "account_id": book.account_id}
    _ADD_STRAY.run(
        connection,
        [{**owner, "number": report.number, "report": pack(report)} for report in reckoning.strays],
    )
    if reckoning.news:
        append_events(
            connection,
            [
                Event(0, book.tenant, TOPIC, book.account_id, "break", pack(one), clock)
                for break_id, one in reckoning.changed.items()
                if break_id in reckoning.news
            ],
        )


def _keep(connection: Connection, one: Break) -> None:
    row = _row(one)
    if one.version == 1:
        _ADD_BREAK.run(connection, [row])
        return
    connection.execute(update(breaks).where(breaks.c.break_id == one.break_id).values(**row))


def _row(one: Break) -> dict[str, Any]:
    return {
        "break_id": one.break_id,
        "tenant": one.tenant,
        "account_id": one.account_id,
        "is_open": int(one.state == BreakState.OPEN),
        "is_standing": int(one.is_standing),
        "body": pack(one),
    }
