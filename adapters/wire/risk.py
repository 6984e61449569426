"""Risk limits between the wire and the domain."""

from decimal import Decimal
from typing import Any

from msgspec import structs

from adapters.wire.values import NANOSECONDS, decimal_from_wire, decimal_to_wire, time_to_wire
from domain.errors import under
from domain.orders.halts import Halt
from domain.orders.risk.kept import LimitsChange, LimitsRecord, TripRecord
from domain.orders.risk.limits import Limits, Scope
from trademesh.orders.v1 import risk_pb2 as pb

WINDOWS = {
    "max_reference_age": "max_reference_age_seconds",
    "identical_order_window": "identical_order_window_seconds",
}


def limits_from_wire(field: str, limits: pb.Limits) -> Limits:
    """The limits; a field that is not set is none. Raises `InvalidRequest` naming what is wrong."""
    found: dict[str, Any] = {}
    given = {descriptor.name for descriptor, _ in limits.ListFields()}
    with under(field):
        for name in Limits.__struct_fields__:
            of_wire = WINDOWS.get(name, name)
            value = getattr(limits, of_wire)
            if isinstance(value, bool):
                found[name] = value
            elif of_wire not in given:
                continue
            elif isinstance(value, str):
                found[name] = decimal_from_wire(name, value)
            else:
                found[name] = value * (NANOSECONDS if name in WINDOWS else 1)
    return Limits(**found)


def limits_to_wire(limits: Limits) -> pb.Limits:
    """Only what limits anything."""
    found: dict[str, Any] = {}
    for name, value in structs.asdict(limits).items():
        if name in WINDOWS and value is not None:
            found[WINDOWS[name]] = value // NANOSECONDS
        elif isinstance(value, Decimal):
            found[name] = decimal_to_wire(value)
        elif value is not None:
            found[name] = value
    return pb.Limits(**found)


def record_to_wire(record: LimitsRecord) -> pb.ScopedLimits:
    """The limits of a scope, with who set them."""
    scoped = _scoped(record.scope, record.limits)
    scoped.etag = str(record.version)
    if record.version:
        scoped.update_time.CopyFrom(time_to_wire(record.update_ts))
        scoped.updated_by = record.updated_by
    return scoped


def change_to_wire(change: LimitsChange) -> pb.RiskLimitChange:
    """A line of the history."""
    after = _scoped(change.scope, change.after)
    after.update_time.CopyFrom(time_to_wire(change.ts))
    after.updated_by = change.by
    return pb.RiskLimitChange(after=after, before=limits_to_wire(change.before))


def trip_to_wire(record: TripRecord) -> pb.RiskTrip:
    """A trip, standing or released."""
    trip = pb.RiskTrip(
        trip_id=record.trip_id,
        account_id=record.account_id,
        run_id=record.trip.run_id,
        reason=record.trip.reason,
        detail=record.trip.detail,
        trip_time=time_to_wire(record.trip.ts),
    )
    if not record.is_standing:
        trip.release_time.CopyFrom(time_to_wire(record.release_ts))
        trip.released_by, trip.release_reason = record.released_by, record.release_reason
    return trip


def halt_to_wire(halt: Halt) -> pb.RiskHalt:
    """What forbids new risk."""
    return pb.RiskHalt(reason=halt.reason, run_id=halt.run_id, instrument_id=halt.instrument_id)


def _scoped(scope: Scope, limits: Limits) -> pb.ScopedLimits:
    return pb.ScopedLimits(
        account_id=scope.account_id,
        strategy_id=scope.strategy_id,
        instrument_id=scope.instrument_id,
        limits=limits_to_wire(limits),
    )
