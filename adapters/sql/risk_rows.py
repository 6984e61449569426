"""The gate of an account, read and kept in the transaction that changes the account.

Limits that count orders over several accounts are taken with their row, so that two accounts never
count past each other. Whatever of it cannot be read forbids new risk.
"""

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec
import structlog
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, bindparam, literal_column, or_, select

from adapters.sql.event_bus import append_events
from adapters.sql.prepared import Prepared, inserting, updating
from adapters.sql.tables.risk import risk_counters, risk_limits, risk_states, risk_trips
from adapters.sql.tables.strategies import runs
from domain.orders.book import AccountBook
from domain.orders.halts import Halt
from domain.orders.kept import Kept
from domain.orders.risk.kept import UNREADABLE, KeptGate, TripRecord, trip_id_of
from domain.orders.risk.limits import Limits, Scope, ScopedLimits
from domain.orders.risk.watched import Counted, Watched
from ports.event_bus import Event

TOPIC = "risk"

_log = structlog.get_logger(__name__)

pack = msgspec.msgpack.encode
limits_of = msgspec.msgpack.Decoder(Limits).decode
trip_of = msgspec.msgpack.Decoder(TripRecord).decode
_state_of = msgspec.msgpack.Decoder(Watched).decode
_recent_of = msgspec.msgpack.Decoder(tuple[int, ...]).decode

_ONE: ColumnElement[int] = literal_column("1")  # a parameter would hide the partial index
_NONE: ColumnElement[str] = literal_column("''")
_SCOPE = ("account_id", "strategy_id", "instrument_id")
LIMITS_HERE = (
    risk_limits.c.tenant == bindparam("tenant"),
    or_(risk_limits.c.account_id == bindparam("account_id"), risk_limits.c.account_id == _NONE),
)
STANDING_TRIPS = (
    risk_trips.c.account_id == bindparam("account_id"),
    risk_trips.c.is_standing == _ONE,
)
_fitting = (
    select(risk_limits).where(*LIMITS_HERE).order_by(*(risk_limits.c[name] for name in _SCOPE))
)
_LIMITS = Prepared(_fitting)
_TAKE_COUNTING = Prepared(_fitting.where(risk_limits.c.counts_orders == _ONE).with_for_update())
_TRIPS = Prepared(select(risk_trips.c.trip).where(*STANDING_TRIPS).order_by(risk_trips.c.number))
_STATE = Prepared(select(risk_states).where(risk_states.c.account_id == bindparam("account_id")))
_COUNTER = Prepared(
    select(risk_counters.c.recent).where(
        *(risk_counters.c[name] == bindparam(name) for name in ("tenant", *_SCOPE, "clock"))
    )
)
_RUN = Prepared(
    select(runs.c.body).where(
        runs.c.tenant == bindparam("tenant"), runs.c.run_id == bindparam("run_id")
    )
)
_ADD_STATE, _KEEP_STATE = inserting(risk_states), updating(risk_states, "account_id")
_ADD_COUNTER = inserting(risk_counters)
_KEEP_COUNTER = updating(risk_counters, "tenant", *_SCOPE, "clock")
_ADD_TRIP = inserting(risk_trips)


class _OfStrategy(Struct):
    strategy_id: str


_run_of = msgspec.msgpack.Decoder(_OfStrategy).decode


def kept_gate(connection: Connection, account: Any, order_runs: Iterable[str]) -> KeptGate | None:
    """The gate of an account whose row is taken; None where no limit is set and no trip stands.

    `order_runs` are the runs of its orders.
    """
    try:
        return _kept_gate(connection, account, order_runs)
    except (msgspec.MsgspecError, sqlite3.DatabaseError) as error:
        _log.error("risk_unreadable", why=str(error), account_id=account.account_id)
        return UNREADABLE


def keep_gate(connection: Connection, before: Kept, book: AccountBook, *, clock: int) -> None:
    """Keeps what the gate remembers of the change, and its trips; tells of those."""
    gate, kept = book.account.gate, before.gate
    if gate is None or kept is None:
        return
    owner = {"tenant": book.tenant, "account_id": book.account_id}
    if kept is not UNREADABLE and gate.watched != kept.watched:
        row = {**owner, "state": pack(gate.watched)}
        is_new = _STATE.row(connection, account_id=book.account_id) is None
        (_ADD_STATE if is_new else _KEEP_STATE).run(connection, [row])
    counted = {one.scope: one.recent for one in kept.counted}
    for scope, recent in gate.counted.items():
        if recent == counted.get(scope):
            continue
        key = {**_key(book.tenant, scope), "clock": before.market.run_id}
        is_new = _COUNTER.row(connection, **key) is None
        row = {**key, "recent": pack(recent)}
        (_ADD_COUNTER if is_new else _KEEP_COUNTER).run(connection, [row])
    _keep_trips(connection, before, book, clock)


def _keep_trips(connection: Connection, before: Kept, book: AccountBook, clock: int) -> None:
    trips = book.account.gate.trips if book.account.gate is not None else []
    if not trips:
        return
    records = [
        TripRecord(trip_id_of(book.account_id, before.version, one), book.account_id, one)
        for one in trips
    ]
    owner = {"tenant": book.tenant, "account_id": book.account_id, "is_standing": 1}
    _ADD_TRIP.run(
        connection, ({**owner, "trip_id": one.trip_id, "trip": pack(one)} for one in records)
    )
    append_events(
        connection,
        [Event(0, book.tenant, TOPIC, book.tenant, "trip", pack(one), clock) for one in records],
    )


def _kept_gate(connection: Connection, account: Any, order_runs: Iterable[str]) -> KeptGate | None:
    tenant, account_id = account.tenant, account.account_id
    rows = _LIMITS.rows(connection, tenant=tenant, account_id=account_id)
    trips = _TRIPS.rows(connection, account_id=account_id)
    if not rows and not trips:
        return None
    if any(row.counts_orders for row in rows):
        taken = _TAKE_COUNTING.rows(connection, tenant=tenant, account_id=account_id)
        rows = [*taken, *(row for row in rows if not row.counts_orders)]
    limits = tuple(ScopedLimits(scope_from(row), limits_of(row.limits)) for row in rows)
    state = _STATE.row(connection, account_id=account_id)
    names = {account.market_run_id, *order_runs} if any(_of_strategy(rows)) else set()
    standing = [trip_of(row.trip).trip for row in trips]
    return KeptGate(
        limits,
        Watched() if state is None else _state_of(state.state),
        tuple(
            _counted(connection, tenant, one.scope, account.market_run_id)
            for one in limits
            if one.limits.count_orders
        ),
        tuple(Halt(trip.reason, trip.run_id) for trip in standing),
        {name: _strategy(connection, tenant, name) for name in sorted(names) if name},
    )


def scope_from(row: Any) -> Scope:
    """Whose orders the row means."""
    return Scope(row.account_id, row.strategy_id, row.instrument_id)


def _of_strategy(rows: Iterable[Any]) -> Iterable[bool]:
    return (bool(row.strategy_id) for row in rows)


def _counted(connection: Connection, tenant: str, scope: Scope, clock: str) -> Counted:
    row = _COUNTER.row(connection, **_key(tenant, scope), clock=clock)
    return Counted(scope, () if row is None else _recent_of(row.recent))


def _key(tenant: str, scope: Scope) -> dict[str, str]:
    return {
        "tenant": tenant,
        "account_id": scope.account_id,
        "strategy_id": scope.strategy_id,
        "instrument_id": scope.instrument_id,
    }


def _strategy(connection: Connection, tenant: str, run_id: str) -> str:
    row = _RUN.row(connection, tenant=tenant, run_id=run_id)
    return "" if row is None else _run_of(row.body).strategy_id
