"""Reconciliations and breaks between the domain and protobuf."""

from adapters.wire.values import time_to_wire
from domain.orders.reconciliation.breaks import Break, Fix
from domain.orders.reconciliation.record import Reconciliation
from trademesh.orders.v1 import reconciliation_pb2 as pb


def reconciliation_to_wire(made: Reconciliation) -> pb.Reconciliation:
    """A reconciliation."""
    return pb.Reconciliation(
        reconciliation_id=made.reconciliation_id,
        account_id=made.account_id,
        trigger=pb.Reconciliation.Trigger.Value(f"TRIGGER_{made.trigger}"),
        outcome=pb.Reconciliation.Outcome.Value(f"OUTCOME_{made.outcome}"),
        start_time=time_to_wire(made.start_ts),
        end_time=time_to_wire(made.end_ts),
        look_count=made.look_count,
        report_count=made.report_count,
        order_count=made.order_count,
        position_count=made.position_count,
        execution_count=made.execution_count,
        break_ids=made.break_ids,
    )


def break_to_wire(one: Break) -> pb.Break:
    """A break as it stands."""
    finding, figures = one.finding, one.finding.figures
    wire = pb.Break(
        break_id=one.break_id,
        account_id=one.account_id,
        kind=pb.Break.Kind.Value(f"KIND_{finding.kind}"),
        state=pb.Break.State.Value(f"STATE_{one.state}"),
        material=finding.is_material,
        instrument_id=finding.instrument_id,
        order_id=finding.order_id,
        fill_id=finding.fill_id,
        cause=finding.cause,
        broker_figure=figures.broker,
        books_figure=figures.books,
        log_figure=figures.log,
        fix=_fix_to_wire(finding.fix),
        automatic=finding.is_automatic,
        first_seen_time=time_to_wire(one.first_seen_ts),
        last_seen_time=time_to_wire(one.last_seen_ts),
        decided_by=one.by,
        reason=one.reason,
        etag=one.etag,
    )
    if one.end_ts:
        wire.end_time.CopyFrom(time_to_wire(one.end_ts))
    return wire


def _fix_to_wire(fix: Fix) -> pb.Break.Fix.ValueType:
    if fix == Fix.NONE:
        return pb.Break.FIX_UNSPECIFIED
    return pb.Break.Fix.Value(f"FIX_{fix}")
