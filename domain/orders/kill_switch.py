"""The kill switch: what it covers, what it does there, and how far it has come.

Pressed, it forbids new risk at once and for good: only a person releases it, for a reason. What
only reduces a position passes all the while, and so does every cancel.
"""

import base64
import hashlib
from collections.abc import Iterable
from decimal import Decimal
from enum import IntEnum

from msgspec import Struct

from domain.errors import NotAllowedNow, invalid
from domain.orders.halts import KILL_SWITCH, Halt
from domain.orders.records import AccountKey

MOST_RESIDUALS = 100
LONGEST_REASON = 500
HOUSE_ITSELF = "trademesh"  # who presses when no person does


class KillMode(IntEnum):
    """What it does beside forbidding new risk; each does what those before it do."""

    HALT_NEW = 1
    CANCEL_ALL = 2
    FLATTEN = 3


class KillState(IntEnum):
    """Where a switch stands. All but RELEASED forbid new risk alike."""

    ENGAGED = 1
    CANCELING = 2
    FLATTENING = 3
    VERIFIED = 4
    """The broker says that nothing is left of what it should do."""
    RESIDUAL = 5
    """Something is left, each with its reason; it is looked at again and again."""
    RELEASED = 6


class Left(IntEnum):
    """Why something is left in an account."""

    CANCELING = 1
    """The cancel is on its way."""
    CLOSING = 2
    """The order that closes it works."""
    IN_DOUBT = 3
    """Nobody knows whether the broker has the order; it is canceled as soon as it is found."""
    QUARANTINED = 4
    """The evidence about the order contradicts itself: somebody has to look at it."""
    BROKER_SILENT = 5
    """The broker does not answer."""
    MARKET_NOT_MOVING = 6
    """The paper market of the account stands still: no run drives it, so nothing can fill."""
    REFUSED = 7
    """The closing order was denied by us or rejected by the broker."""
    NOT_OURS = 8
    """The broker works an order, or holds a position, that our books do not know."""


UNDER_WAY = frozenset({Left.CANCELING, Left.CLOSING})


class KillScope(Struct, frozen=True):
    """Everything of a tenant, narrowed by each name that is given; or all of the installation."""

    tenant: str
    is_global: bool = False
    account_id: str = ""
    strategy_id: str = ""
    run_id: str = ""
    instrument_id: str = ""

    @property
    def is_of_runs(self) -> bool:
        """Whether only the orders of some runs are meant."""
        return bool(self.strategy_id or self.run_id)


class Residual(Struct, frozen=True):
    """One thing that is left: an order that may still trade, or a position (no `order_id`)."""

    account: AccountKey
    reason: Left
    instrument_id: str = ""
    order_id: str = ""
    quantity: Decimal | None = None
    detail: str = ""
    """What the broker or the gate said."""


class KillWork(Struct, frozen=True):
    """What a switch has to do in one account, and how far it is."""

    account: AccountKey
    last_order: int
    """The orders up to this number were there when it was pressed: those are canceled."""
    state: KillState = KillState.ENGAGED
    residuals: tuple[Residual, ...] = ()
    piece: int = 0
    """The number of its next closing order."""
    retry_ts: int = 0
    """No closing order before then: the last one was refused."""


class Release(Struct, frozen=True):
    """Who let it go, when and why."""

    by: str
    ts: int
    reason: str


class Press(Struct, frozen=True):
    """A switch as it is pressed. `is_automatic` when no person did."""

    kill_switch_id: str
    scope: KillScope
    mode: KillMode
    by: str
    ts: int
    reason: str = ""
    is_automatic: bool = False


class KillSwitch(Struct, frozen=True):
    """A switch as it stands, as far as one tenant may see it."""

    press: Press
    kill_epoch: int
    """Rises with each press in the installation."""
    state: KillState
    account_count: int
    verified_account_count: int
    residual_count: int
    residuals: tuple[Residual, ...]
    """The first hundred of them."""
    release: Release | None = None

    @property
    def kill_switch_id(self) -> str:
        return self.press.kill_switch_id

    @property
    def is_engaged(self) -> bool:
        """Whether it forbids new risk."""
        return self.release is None


def switch_of(
    press: Press, kill_epoch: int, works: Iterable[KillWork], release: Release | None
) -> KillSwitch:
    """The switch, from its press and what it has to do in each account."""
    works = tuple(works)
    left = [residual for work in works for residual in work.residuals]
    return KillSwitch(
        press,
        kill_epoch,
        KillState.RELEASED if release else _state_of(press.mode, works),
        len(works),
        sum(work.state == KillState.VERIFIED for work in works),
        len(left),
        tuple(left[:MOST_RESIDUALS]),
        release,
    )


def tripped(
    account: AccountKey,
    cause: str,
    mode: KillMode,
    ts: int,
    reason: str,
    *,
    run_id: str = "",
    instrument_id: str = "",
) -> Press:
    """A press by no person: the same cause in an account presses once, for ever."""
    named = "|".join((account.tenant, account.account_id, cause))
    name = base64.b32encode(hashlib.sha256(named.encode()).digest()).decode()[:20].lower()
    scope = KillScope(
        account.tenant,
        account_id=account.account_id,
        run_id=run_id,
        instrument_id=instrument_id,
    )
    return Press(f"kill_{name}", scope, mode, HOUSE_ITSELF, ts, reason, is_automatic=True)


def state_by(residuals: Iterable[Residual]) -> KillState:
    """How an account stands where this is left: what is only under way is no residual yet."""
    reasons = {residual.reason for residual in residuals}
    if not reasons:
        return KillState.VERIFIED
    if reasons - UNDER_WAY:
        return KillState.RESIDUAL
    return KillState.FLATTENING if Left.CLOSING in reasons else KillState.CANCELING


def check_reason(reason: str, field: str = "reason", *, needed: bool = False) -> str:
    """The words of a person. Raises `InvalidRequest` MISSING_FIELD or TOO_LONG."""
    reason = reason.strip()
    if needed and not reason:
        raise invalid(field, "is required", reason="MISSING_FIELD")
    if len(reason) > LONGEST_REASON:
        raise invalid(field, f"is longer than {LONGEST_REASON} characters", reason="TOO_LONG")
    return reason


def already_released(kill_switch_id: str) -> NotAllowedNow:
    """The refusal to release a switch twice."""
    return NotAllowedNow(
        f"kill switch {kill_switch_id} is released already",
        reason="KILL_SWITCH_RELEASED",
        kill_switch_id=kill_switch_id,
    )


def halt_by(run_id: str = "", instrument_id: str = "") -> Halt:
    """What a switch forbids in an account that it covers."""
    return Halt(KILL_SWITCH, run_id, instrument_id)


def _state_of(mode: KillMode, works: tuple[KillWork, ...]) -> KillState:
    """That of the account which is furthest from its end."""
    if mode is KillMode.HALT_NEW:
        return KillState.ENGAGED
    states = {work.state for work in works}
    for state in (
        KillState.CANCELING,
        KillState.FLATTENING,
        KillState.ENGAGED,
        KillState.RESIDUAL,
    ):
        if state in states:
            return state
    return KillState.VERIFIED
