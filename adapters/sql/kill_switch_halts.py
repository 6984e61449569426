"""What the kill switches forbid in an account, read in the transaction that changes it.

The barrier: a change holds a shared lock while it reads the switches and until it commits, a press
takes the exclusive one. So whatever commits behind a press has seen it. SQLite lets one writer in
at a time, which is the same.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec
import structlog
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, bindparam, literal_column, or_, select

from adapters.sql.prepared import Prepared
from adapters.sql.tables.kill_switches import kill_switches
from adapters.sql.tables.strategies import runs
from domain.orders.halts import Halt
from domain.orders.kill_switch import halt_by
from ports.ownership import HOUSE

BARRIER, TELLING = 0x4B53, 0x4B54  # the first halves of the names of these locks
EVERYONE = 0

ONE: ColumnElement[int] = literal_column("1")  # as a parameter it would hide the partial index

_log = structlog.get_logger(__name__)

ENGAGED_HERE = (
    kill_switches.c.is_engaged == ONE,
    kill_switches.c.tenant.in_([bindparam("tenant"), literal_column(f"'{HOUSE}'")]),
    or_(
        kill_switches.c.account_id == bindparam("account_id"),
        kill_switches.c.account_id == literal_column("''"),
    ),
)
_ENGAGED = Prepared(
    select(
        kill_switches.c.strategy_id, kill_switches.c.run_id, kill_switches.c.instrument_id
    ).where(*ENGAGED_HERE)
)
_RUNS = Prepared(
    select(runs.c.run_id, runs.c.body).where(
        runs.c.tenant == bindparam("tenant"), runs.c.account_id == bindparam("account_id")
    )
)


class _OfStrategy(Struct):
    strategy_id: str


_run_of = msgspec.msgpack.Decoder(_OfStrategy).decode


def share_barrier(connection: Connection, tenant: str) -> None:
    """Before anything else in a change of an account: no switch is pressed until it commits."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"SELECT pg_advisory_xact_lock_shared({BARRIER}, {EVERYONE}),"
            f" pg_advisory_xact_lock_shared({BARRIER}, {_lock_of(tenant)})"
        )


def raise_barrier(connection: Connection, tenant: str) -> None:
    """Before a press: waits for every change that may not have seen it, and keeps out new ones."""
    _take(connection, BARRIER, tenant)


def in_turn(connection: Connection, tenant: str) -> None:
    """Before telling a tenant of a switch: what is told first is committed first."""
    _take(connection, TELLING, tenant)


def kill_halts(connection: Connection, tenant: str, account_id: str) -> tuple[Halt, ...]:
    """What forbids new risk in the account. Switches that cannot be read forbid all of it."""
    try:
        rows = _ENGAGED.rows(connection, tenant=tenant, account_id=account_id)
        if not rows:
            return ()
        return tuple(
            halt for row in rows for halt in _halts_of(connection, tenant, account_id, row)
        )
    except sqlite3.DatabaseError as error:
        _log.error("kill_switches_unreadable", why=str(error), account_id=account_id)
        return (halt_by(),)


def runs_of(connection: Connection, tenant: str, account_id: str, strategy_id: str) -> list[str]:
    """The runs of a strategy in an account; one that cannot be read may be one of them."""
    return [
        row.run_id
        for row in _RUNS.rows(connection, tenant=tenant, account_id=account_id)
        if is_of_strategy(row.body, strategy_id)
    ]


def is_of_strategy(body: bytes, strategy_id: str) -> bool:
    """Whether a kept run is one of the strategy's, or cannot be read."""
    try:
        return _run_of(body).strategy_id == strategy_id
    except msgspec.MsgspecError:
        return True


def _halts_of(connection: Connection, tenant: str, account_id: str, row: Any) -> Iterator[Halt]:
    if not row.strategy_id:
        yield halt_by(row.run_id, row.instrument_id)
        return
    for run_id in runs_of(connection, tenant, account_id, row.strategy_id):
        if row.run_id in ("", run_id):
            yield halt_by(run_id, row.instrument_id)


def _take(connection: Connection, lock: int, tenant: str) -> None:
    if connection.dialect.name == "postgresql":
        of = EVERYONE if tenant == HOUSE else _lock_of(tenant)
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock}, {of})")


def _lock_of(tenant: str) -> int:
    """A name for the tenant's lock; two tenants may share one, and only wait for each other."""
    return zlib.crc32(tenant.encode()) - 2**31
