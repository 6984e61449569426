"""Kill switches between the wire and the domain."""

from adapters.wire.values import Choices, decimal_to_wire, time_to_wire
from domain.orders.kill_switch import KillMode, KillState, KillSwitch, Left, Residual
from trademesh.orders.v1 import kill_switch_pb2 as pb

MODES = Choices(
    {
        pb.KillSwitch.MODE_HALT_NEW: KillMode.HALT_NEW,
        pb.KillSwitch.MODE_CANCEL_ALL: KillMode.CANCEL_ALL,
        pb.KillSwitch.MODE_FLATTEN: KillMode.FLATTEN,
    }
)
STATES = Choices(
    {
        pb.KillSwitch.STATE_ENGAGED: KillState.ENGAGED,
        pb.KillSwitch.STATE_CANCELING: KillState.CANCELING,
        pb.KillSwitch.STATE_FLATTENING: KillState.FLATTENING,
        pb.KillSwitch.STATE_VERIFIED: KillState.VERIFIED,
        pb.KillSwitch.STATE_RESIDUAL: KillState.RESIDUAL,
        pb.KillSwitch.STATE_RELEASED: KillState.RELEASED,
    }
)
REASONS = Choices(
    {
        pb.Residual.REASON_CANCELING: Left.CANCELING,
        pb.Residual.REASON_CLOSING: Left.CLOSING,
        pb.Residual.REASON_IN_DOUBT: Left.IN_DOUBT,
        pb.Residual.REASON_QUARANTINED: Left.QUARANTINED,
        pb.Residual.REASON_BROKER_SILENT: Left.BROKER_SILENT,
        pb.Residual.REASON_MARKET_NOT_MOVING: Left.MARKET_NOT_MOVING,
        pb.Residual.REASON_REFUSED: Left.REFUSED,
        pb.Residual.REASON_NOT_OURS: Left.NOT_OURS,
    }
)


def mode_from_wire(switch: pb.KillSwitch) -> KillMode:
    """HALT_NEW where nothing is said. Raises `InvalidRequest` naming `kill_switch.mode`."""
    return MODES.from_wire("kill_switch.mode", switch.mode, unset=KillMode.HALT_NEW)


def kill_switch_to_wire(switch: KillSwitch) -> pb.KillSwitch:
    """A kill switch as it stands."""
    press, release = switch.press, switch.release
    return pb.KillSwitch(
        kill_switch_id=press.kill_switch_id,
        account_id=press.scope.account_id,
        strategy_id=press.scope.strategy_id,
        run_id=press.scope.run_id,
        instrument_id=press.scope.instrument_id,
        mode=MODES.to_wire(press.mode),
        reason=press.reason,
        is_global=press.scope.is_global,
        state=STATES.to_wire(switch.state),
        pressed_by=press.by,
        press_time=time_to_wire(press.ts),
        is_automatic=press.is_automatic,
        kill_epoch=switch.kill_epoch,
        account_count=switch.account_count,
        verified_account_count=switch.verified_account_count,
        residual_count=switch.residual_count,
        residuals=[_residual_to_wire(one) for one in switch.residuals],
        released_by=release.by if release else "",
        release_time=time_to_wire(release.ts) if release else None,
        release_reason=release.reason if release else "",
    )


def _residual_to_wire(residual: Residual) -> pb.Residual:
    return pb.Residual(
        account_id=residual.account.account_id,
        reason=REASONS.to_wire(residual.reason),
        instrument_id=residual.instrument_id,
        order_id=residual.order_id,
        quantity="" if residual.quantity is None else decimal_to_wire(residual.quantity),
        detail=residual.detail,
    )
