"""Order groups between the domain and protobuf."""

from adapters.wire.orders import (
    SIDES,
    TIMES_IN_FORCE,
    bare_terms_from_wire,
    order_to_wire,
    trail_from_wire,
)
from adapters.wire.values import (
    Choices,
    decimal_from_wire,
    decimal_to_wire,
    required,
    time_to_wire,
)
from domain.errors import invalid, under
from domain.orders.groups.group import GroupKind, GroupState
from domain.orders.groups.record import GroupTerms, OrderGroupRecord, StopTerms
from domain.orders.order import Leg
from domain.orders.request import GroupPolicy, Side, TimeInForce
from trademesh.orders.v1 import order_group_pb2 as pb

_POLICIES = Choices(
    {
        pb.OrderGroup.POLICY_PROTECT_FIRST: GroupPolicy.PROTECT_FIRST,
        pb.OrderGroup.POLICY_ALL_OR_CANCEL: GroupPolicy.ALL_OR_CANCEL,
    }
)
_KINDS = {kind: pb.OrderGroup.Kind.Value(f"KIND_{kind.name}") for kind in GroupKind}
_STATES = {state: pb.OrderGroup.State.Value(f"STATE_{state.name}") for state in GroupState}


def group_terms_from_wire(group: pb.OrderGroup) -> GroupTerms:
    """The group a client wants. Raises `InvalidRequest` naming the field under `order_group`."""
    with under("order_group"):
        entry = None
        if group.HasField("entry"):
            _refuse_twice(group)
            with under("entry"):
                entry = bare_terms_from_wire(group.entry)
            what = (entry.instrument, Side(-entry.side), entry.quantity)
        else:
            what = (
                required("instrument_id", group.instrument_id),
                SIDES.from_wire("side", group.side),
                decimal_from_wire("quantity", group.quantity),
            )
        profit = None
        if group.HasField("take_profit"):
            with under("take_profit"):
                profit = decimal_from_wire("limit_price", group.take_profit.limit_price)
        return GroupTerms(
            entry,
            *what,
            profit,
            _stop_from_wire(group),
            TIMES_IN_FORCE.from_wire(
                "exit_time_in_force", group.exit_time_in_force, TimeInForce.GTC
            ),
            _POLICIES.from_wire("policy", group.policy, GroupPolicy.PROTECT_FIRST),
        )


def group_to_wire(group: OrderGroupRecord) -> pb.OrderGroup:
    """A group with its orders as it stands."""
    orders = [order_to_wire(order) for order in group.orders]
    wire = pb.OrderGroup(
        group_id=group.group_id,
        account_id=group.account_id,
        run_id=group.run_id,
        kind=_KINDS[group.kind],
        instrument_id=group.instrument_id,
        side=SIDES.to_wire(group.side),
        quantity=decimal_to_wire(group.quantity),
        exit_time_in_force=TIMES_IN_FORCE.to_wire(group.exit_time_in_force),
        policy=_POLICIES.to_wire(group.policy),
        state=_STATES[group.state],
        reason=group.reason,
        orders=orders,
        create_time=time_to_wire(group.create_ts),
    )
    if group.orders[0].leg == Leg.ENTRY:
        wire.entry.CopyFrom(orders[0])
    if group.take_profit is not None:
        wire.take_profit.limit_price = decimal_to_wire(group.take_profit)
    if group.stop_loss is not None:
        wire.stop_loss.CopyFrom(_stop_to_wire(group.stop_loss))
    return wire


def _refuse_twice(group: pb.OrderGroup) -> None:
    for field in ("instrument_id", "side", "quantity"):
        if getattr(group, field):
            raise invalid(field, "is that of the entry", reason="UNEXPECTED_FIELD")


def _stop_from_wire(group: pb.OrderGroup) -> StopTerms | None:
    if not group.HasField("stop_loss"):
        return None
    wire = group.stop_loss
    with under("stop_loss"):
        stop = limit = None
        if wire.HasField("stop_price"):
            stop = decimal_from_wire("stop_price", wire.stop_price)
        if wire.HasField("limit_price"):
            limit = decimal_from_wire("limit_price", wire.limit_price)
        return StopTerms(stop, limit, *trail_from_wire(wire))


def _stop_to_wire(stop: StopTerms) -> pb.StopLoss:
    wire = pb.StopLoss()
    for field in ("stop_price", "limit_price", "trail_amount", "trail_percent"):
        if (value := getattr(stop, field)) is not None:
            setattr(wire, field, decimal_to_wire(value))
    return wire
