"""What forbids new risk: while a halt stands, only orders that reduce a position pass."""

from collections.abc import Iterable

from msgspec import Struct

DAILY_LOSS = "DAILY_LOSS"
DRAWDOWN = "DRAWDOWN"
KILL_SWITCH = "KILL_SWITCH"
ORDERS_IN_DOUBT = "ORDERS_IN_DOUBT"
ORDER_QUARANTINED = "ORDER_QUARANTINED"
RECONCILIATION_BREAK = "RECONCILIATION_BREAK"
REJECT_RATIO = "REJECT_RATIO"
RISK_UNREADABLE = "RISK_UNREADABLE"
RUNAWAY_DECISION = "RUNAWAY_DECISION"
RUN_PAUSED = "RUN_PAUSED"


class Halt(Struct, frozen=True):
    """Why, and where: an empty run or instrument stands for all of the account."""

    reason: str
    run_id: str = ""
    instrument_id: str = ""

    def covers(self, run_id: str, instrument_id: str) -> bool:
        """Whether an order of that run in that instrument is meant."""
        return self.run_id in ("", run_id) and self.instrument_id in ("", instrument_id)


def halt_of(halts: Iterable[Halt], run_id: str, instrument_id: str) -> str:
    """The reason of the first halt that covers such an order; empty when none does."""
    for halt in halts:
        if halt.covers(run_id, instrument_id):
            return halt.reason
    return ""
