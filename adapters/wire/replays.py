"""Replays of runs on the wire."""

from adapters.wire.orders import ORDER_TYPES, SIDES, TIMES_IN_FORCE
from adapters.wire.values import Choices, decimal_to_wire, time_to_wire
from domain.instruments import Instrument
from domain.orders.events import OrderCreated, OrderDenied
from domain.strategies.decisions import Decision, Difference
from domain.strategies.replay_result import ReplayProgress, ReplayVerdict, RunReplay
from trademesh.strategies.v1 import replay_pb2 as pb
from trademesh.strategies.v1 import run_service_pb2

VERDICTS = Choices(
    {
        pb.RunReplay.VERDICT_EQUAL: ReplayVerdict.EQUAL,
        pb.RunReplay.VERDICT_DIFFERENT: ReplayVerdict.DIFFERENT,
        pb.RunReplay.VERDICT_NOT_DETERMINISTIC: ReplayVerdict.NOT_DETERMINISTIC,
    }
)


def replay_message(step: ReplayProgress | RunReplay) -> run_service_pb2.ReplayRunResponse:
    """One message of the stream."""
    if isinstance(step, RunReplay):
        return run_service_pb2.ReplayRunResponse(replay=replay_to_wire(step))
    progress = pb.ReplayProgress(bar_count=step.bar_count, total_bar_count=step.total_bar_count)
    if step.market_ts:
        progress.market_time.CopyFrom(time_to_wire(step.market_ts))
    return run_service_pb2.ReplayRunResponse(progress=progress)


def replay_to_wire(replay: RunReplay) -> pb.RunReplay:
    """What came of it."""
    wire = pb.RunReplay(
        run_id=replay.run_id,
        version_id=replay.version_id,
        verdict=VERDICTS.to_wire(replay.verdict),
        bar_count=replay.bar_count,
        decision_count=replay.decision_count,
        recorded_hash=replay.recorded_hash,
        replayed_hash=replay.replayed_hash,
    )
    if replay.account is not None:
        wire.account_version = replay.account.version
        wire.account_hash = replay.account.kept_hash
        wire.replayed_account_hash = replay.account.replayed_hash
    if replay.market_ts:
        wire.market_time.CopyFrom(time_to_wire(replay.market_ts))
    if replay.difference is not None:
        wire.difference.CopyFrom(_difference(replay.difference, replay.instrument))
    return wire


def _difference(difference: Difference, instrument: Instrument) -> pb.ReplayDifference:
    return pb.ReplayDifference(
        input_number=difference.place.seq,
        market_time=time_to_wire(difference.place.ts),
        recorded=_decision(difference.recorded, instrument),
        replayed=_decision(difference.replayed, instrument),
    )


def _decision(decision: Decision | None, instrument: Instrument) -> pb.ReplayDecision | None:
    if decision is None:
        return None
    if decision.cancels:
        return pb.ReplayDecision(request=decision.cancels[0], is_cancel=True)
    if not decision.events:
        return pb.ReplayDecision(failure=decision.failure)
    first, last = decision.events[0], decision.events[-1]
    if not isinstance(first, OrderCreated):
        return pb.ReplayDecision(order_number=first.order_id, is_cancel=True)
    wire = pb.ReplayDecision(
        request=first.request,
        order_number=first.order_id,
        instrument_id=first.instrument_id,
        side=SIDES.to_wire(first.side),
        quantity=decimal_to_wire(instrument.quantity_to_decimal(first.quantity)),
        order_type=ORDER_TYPES.to_wire(first.order_type),
        time_in_force=TIMES_IN_FORCE.to_wire(first.time_in_force),
        denial_reason=last.reason if isinstance(last, OrderDenied) else "",
    )
    if first.limit_price:
        wire.limit_price = decimal_to_wire(instrument.price_to_decimal(first.limit_price))
    if first.stop_price:
        wire.stop_price = decimal_to_wire(instrument.price_to_decimal(first.stop_price))
    return wire
