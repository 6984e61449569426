"""Risk limits and trips on SQL."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import structs
from sqlalchemy import ColumnElement, Connection, and_, insert, select, tuple_, update

from adapters.sql.account_changes import take_account
from adapters.sql.database import Database
from adapters.sql.event_bus import append_events
from adapters.sql.locks import hold
from adapters.sql.request_log import keep_answer, kept_answer
from adapters.sql.risk_rows import TOPIC, limits_of, pack, scope_from, trip_of
from adapters.sql.tables.risk import risk_limit_changes, risk_limits, risk_states, risk_trips
from domain.errors import NotAllowedNow, NotFound
from domain.orders.halts import DRAWDOWN
from domain.orders.risk.kept import LimitsChange, LimitsRecord, TripRecord
from domain.orders.risk.limits import NO_LIMITS, Limits, Scope
from domain.orders.risk.watched import Watched
from ports.clock import Clock
from ports.event_bus import Event
from ports.request_log import RequestKey
from ports.risk_store import RiskStore

T = TypeVar("T")

_change_of = msgspec.msgpack.Decoder(LimitsChange).decode
_state_of = msgspec.msgpack.Decoder(Watched).decode
_KEYS = (risk_limits.c.account_id, risk_limits.c.strategy_id, risk_limits.c.instrument_id)


class SqlRiskStore(RiskStore):
    """Limits are rows by scope. Who changes a scope is alone with it until that is kept."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def limits(self, tenant: str, scope: Scope) -> LimitsRecord:
        return await self._database.read(
            tenant, lambda connection: _limits(connection, tenant, scope)
        )

    async def page(
        self, tenant: str, *, account_id: str, after: Scope | None, limit: int
    ) -> Sequence[LimitsRecord]:
        question = select(risk_limits).where(
            risk_limits.c.tenant == tenant, risk_limits.c.limits != pack(NO_LIMITS)
        )
        if account_id:
            question = question.where(risk_limits.c.account_id.in_(["", account_id]))
        if after is not None:
            question = question.where(tuple_(*_KEYS) > tuple_(*structs.astuple(after)))
        question = question.order_by(*_KEYS).limit(limit)
        rows = await self._database.read(
            tenant, lambda connection: connection.execute(question).all()
        )
        return [_record(row) for row in rows]

    async def set_limits(
        self,
        scope: Scope,
        limits: Limits,
        *,
        by: str,
        check: Callable[[LimitsRecord], None],
        tenant: str,
        request: RequestKey | None = None,
        rehearse: bool = False,
    ) -> LimitsRecord:
        def change(connection: Connection) -> LimitsRecord:
            hold(connection, "risk_limits", tenant, *structs.astuple(scope))
            before = _limits(connection, tenant, scope)
            check(before)
            now = self._clock.now()
            record = LimitsRecord(scope, limits, before.version + 1, now, by)
            _keep_limits(connection, tenant, before, record)
            append_events(
                connection, [Event(0, tenant, TOPIC, tenant, "limits", pack(record), now)]
            )
            return record

        return await self._write(tenant, change, LimitsRecord, request, rehearse=rehearse)

    async def changes(self, tenant: str, *, before: int, limit: int) -> Sequence[LimitsChange]:
        question = select(risk_limit_changes).where(risk_limit_changes.c.tenant == tenant)
        if before:
            question = question.where(risk_limit_changes.c.number < before)
        question = question.order_by(risk_limit_changes.c.number.desc()).limit(limit)
        rows = await self._database.read(
            tenant, lambda connection: connection.execute(question).all()
        )
        return [structs.replace(_change_of(row.change), number=row.number) for row in rows]

    async def trips(
        self, tenant: str, *, account_id: str, standing_only: bool, before: int, limit: int
    ) -> Sequence[tuple[int, TripRecord]]:
        question = select(risk_trips).where(risk_trips.c.tenant == tenant)
        if account_id:
            question = question.where(risk_trips.c.account_id == account_id)
        if standing_only:
            question = question.where(risk_trips.c.is_standing == 1)
        if before:
            question = question.where(risk_trips.c.number < before)
        question = question.order_by(risk_trips.c.number.desc()).limit(limit)
        rows = await self._database.read(
            tenant, lambda connection: connection.execute(question).all()
        )
        return [(row.number, trip_of(row.trip)) for row in rows]

    async def release(
        self,
        tenant: str,
        trip_id: str,
        *,
        by: str,
        reason: str,
        request: RequestKey | None = None,
        rehearse: bool = False,
    ) -> TripRecord:
        def change(connection: Connection) -> TripRecord:
            take_account(connection, tenant, _trip(connection, tenant, trip_id).account_id)
            record = _trip(connection, tenant, trip_id)
            if not record.is_standing:
                raise NotAllowedNow(
                    f"trip {trip_id} is released already", reason="TRIP_RELEASED", trip_id=trip_id
                )
            now = self._clock.now()
            record = structs.replace(record, release_ts=now, released_by=by, release_reason=reason)
            connection.execute(
                update(risk_trips)
                .where(risk_trips.c.trip_id == trip_id)
                .values(is_standing=0, trip=pack(record))
            )
            if record.trip.reason == DRAWDOWN:
                _count_from_here(connection, record.account_id)
            append_events(connection, [Event(0, tenant, TOPIC, tenant, "trip", pack(record), now)])
            return record

        return await self._write(tenant, change, TripRecord, request, rehearse=rehearse)

    async def _write(
        self,
        tenant: str,
        change: Callable[[Connection], T],
        answer_type: type[T],
        request: RequestKey | None,
        *,
        rehearse: bool,
    ) -> T:
        if rehearse:
            return await self._database.rehearse(tenant, change)

        def transaction(connection: Connection) -> T:
            if request and (answer := kept_answer(connection, request)) is not None:
                return msgspec.msgpack.decode(answer, type=answer_type)
            value = change(connection)
            if request:
                keep_answer(connection, request, pack(value), ts=self._clock.now())
            return value

        return await self._database.write(tenant, transaction)


def _limits(connection: Connection, tenant: str, scope: Scope) -> LimitsRecord:
    row = connection.execute(select(risk_limits).where(_is(tenant, scope))).one_or_none()
    return LimitsRecord(scope, NO_LIMITS) if row is None else _record(row)


def _record(row: Any) -> LimitsRecord:
    limits = limits_of(row.limits)
    return LimitsRecord(scope_from(row), limits, row.version, row.update_ts, row.updated_by)


def _keep_limits(
    connection: Connection, tenant: str, before: LimitsRecord, after: LimitsRecord
) -> None:
    row = {
        "limits": pack(after.limits),
        "version": after.version,
        "update_ts": after.update_ts,
        "updated_by": after.updated_by,
        "counts_orders": int(after.limits.count_orders),
    }
    if before.version:
        connection.execute(update(risk_limits).where(_is(tenant, after.scope)).values(row))
    else:
        key = {"tenant": tenant, **structs.asdict(after.scope)}
        connection.execute(insert(risk_limits).values({**key, **row}))
    change = LimitsChange(
        0, after.scope, before.limits, after.limits, after.update_ts, after.updated_by
    )
    connection.execute(insert(risk_limit_changes).values(tenant=tenant, change=pack(change)))


def _is(tenant: str, scope: Scope) -> ColumnElement[bool]:
    return and_(
        risk_limits.c.tenant == tenant,
        risk_limits.c.account_id == scope.account_id,
        risk_limits.c.strategy_id == scope.strategy_id,
        risk_limits.c.instrument_id == scope.instrument_id,
    )


def _trip(connection: Connection, tenant: str, trip_id: str) -> TripRecord:
    trip = connection.scalar(
        select(risk_trips.c.trip).where(
            risk_trips.c.tenant == tenant, risk_trips.c.trip_id == trip_id
        )
    )
    if trip is None:
        raise NotFound(f"no trip {trip_id}", reason="TRIP_NOT_FOUND", trip_id=trip_id)
    return trip_of(trip)


def _count_from_here(connection: Connection, account_id: str) -> None:
    kept = select(risk_states.c.state).where(risk_states.c.account_id == account_id)
    if (state := connection.scalar(kept)) is None:
        return
    watched = _state_of(state)
    watched.peak = watched.profit
    connection.execute(
        update(risk_states)
        .where(risk_states.c.account_id == account_id)
        .values(state=pack(watched))
    )
