"""Reports on the wire."""

from decimal import Decimal

from adapters.wire.orders import ORDER_TYPES, SIDES, TIMES_IN_FORCE
from adapters.wire.values import Choices, decimal_to_wire, money_to_wire, time_to_wire
from domain.instruments import Instrument
from domain.reports.parity.records import Decided, RecordKind
from domain.reports.parity.report import Difference, Parity, Row, Share, SideSummary
from domain.reports.parity.shares import Component
from domain.values import from_scaled
from trademesh.reports.v1 import parity_pb2 as pb

KINDS = Choices(
    {
        pb.ParitySide.KIND_BACKTEST: RecordKind.BACKTEST,
        pb.ParitySide.KIND_RUN: RecordKind.RUN,
        pb.ParitySide.KIND_REHEARSAL: RecordKind.REHEARSAL,
    }
)
COMPONENTS = Choices(
    {
        pb.ParityDifference.COMPONENT_SIGNAL: Component.SIGNAL,
        pb.ParityDifference.COMPONENT_TIMING: Component.TIMING,
        pb.ParityDifference.COMPONENT_PRICE: Component.PRICE,
        pb.ParityDifference.COMPONENT_QUANTITY: Component.QUANTITY,
        pb.ParityDifference.COMPONENT_FEE: Component.FEE,
    }
)


def parity_to_wire(report: Parity) -> pb.Parity:
    """The report without its rows."""
    left = report.left.record
    wire = pb.Parity(
        left=_side(report.left),
        right=_side(report.right),
        instrument_id=left.instrument.instrument_id,
        timeframe=left.timeframe,
        currency=left.currency,
        start_time=time_to_wire(report.start_ts),
        end_time=time_to_wire(report.end_ts),
        is_equal=report.is_equal,
        decision_count=len(report.rows),
        equal_count=report.equal_count,
        difference=money_to_wire(report.difference),
        signal=_share(report.shares[Component.SIGNAL]),
        timing=_share(report.shares[Component.TIMING]),
        price=_share(report.shares[Component.PRICE]),
        quantity=_share(report.shares[Component.QUANTITY]),
        fee=_share(report.shares[Component.FEE]),
        notes=report.notes,
    )
    if report.mark:
        wire.mark_price = decimal_to_wire(left.instrument.price_to_decimal(report.mark))
    return wire


def row_to_wire(row: Row, instrument: Instrument) -> pb.ParityRow:
    """One decision."""
    return pb.ParityRow(
        number=row.number,
        left=_order(row.left, instrument),
        right=_order(row.right, instrument),
        difference=money_to_wire(row.amount),
        differences=[_difference(one) for one in row.differences],
    )


def _side(side: SideSummary) -> pb.ParitySide:
    record = side.record
    return pb.ParitySide(
        id=record.id,
        kind=KINDS.to_wire(record.kind),
        strategy_id=record.strategy_id,
        version_id=record.version_id,
        parameters=record.parameters,
        decision_count=side.decision_count,
        result=money_to_wire(side.result),
        fees=money_to_wire(side.fees),
    )


def _share(share: Share) -> pb.ParityShare:
    return pb.ParityShare(decision_count=share.decision_count, amount=money_to_wire(share.amount))


def _difference(one: Difference) -> pb.ParityDifference:
    return pb.ParityDifference(
        component=COMPONENTS.to_wire(one.component),
        text=one.text,
        amount=money_to_wire(one.amount),
    )


def _order(decided: Decided | None, instrument: Instrument) -> pb.ParityOrder | None:
    if decided is None:
        return None
    wire = pb.ParityOrder(
        request=decided.request,
        create_time=time_to_wire(decided.ts),
        side=SIDES.to_wire(decided.side),
        quantity=decimal_to_wire(instrument.quantity_to_decimal(decided.quantity)),
        order_type=ORDER_TYPES.to_wire(decided.order_type),
        time_in_force=TIMES_IN_FORCE.to_wire(decided.time_in_force),
        reason=decided.reason,
        filled_quantity=decimal_to_wire(instrument.quantity_to_decimal(decided.filled_quantity)),
        fees=money_to_wire(decided.fees),
    )
    if decided.limit_price:
        wire.limit_price = decimal_to_wire(instrument.price_to_decimal(decided.limit_price))
    if decided.stop_price:
        wire.stop_price = decimal_to_wire(instrument.price_to_decimal(decided.stop_price))
    if decided.fills:
        wire.fill_time.CopyFrom(time_to_wire(decided.fills[0].ts))
        wire.average_fill_price = decimal_to_wire(_mean_price(decided, instrument))
    return wire


def _mean_price(decided: Decided, instrument: Instrument) -> Decimal:
    """To the nearest of the price's decimals."""
    value = sum(fill.price * fill.quantity for fill in decided.fills)
    quantity = decided.filled_quantity
    return from_scaled((2 * value + quantity) // (2 * quantity), instrument.price_decimals)
