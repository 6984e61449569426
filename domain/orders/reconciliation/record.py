"""A reconciliation: one look at an account from all sides, and what came of it."""

from enum import StrEnum

from msgspec import Struct, structs


class Trigger(StrEnum):
    """Why it was made."""

    START = "START"
    SCHEDULE = "SCHEDULE"
    CALL = "CALL"


class Outcome(StrEnum):
    """What came of it."""

    CLEAN = "CLEAN"
    BREAKS = "BREAKS"
    IN_FLIGHT = "IN_FLIGHT"
    """So much was under way that no moment was found at which the sides can be compared."""
    BROKER_SILENT = "BROKER_SILENT"


class Reconciliation(Struct, frozen=True):
    """Times in nanoseconds UTC. `look_count` says how many found the same, one after the other."""

    reconciliation_id: str
    tenant: str
    account_id: str
    trigger: Trigger
    outcome: Outcome
    start_ts: int
    end_ts: int
    report_count: int = 0
    order_count: int = 0
    position_count: int = 0
    execution_count: int = 0
    break_ids: tuple[str, ...] = ()
    look_count: int = 1


def extended(last: Reconciliation, now: Reconciliation) -> Reconciliation | None:
    """The last one carried on, where the schedule found again what it had found; else None."""
    if now.trigger != Trigger.SCHEDULE or last.trigger != Trigger.SCHEDULE:
        return None
    if (now.outcome, now.break_ids) != (last.outcome, last.break_ids):
        return None
    return structs.replace(
        now,
        reconciliation_id=last.reconciliation_id,
        start_ts=last.start_ts,
        look_count=last.look_count + 1,
    )
