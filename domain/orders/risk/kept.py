"""What a store keeps for the gate, and what readers see of it."""

import hashlib
from collections.abc import Mapping

from msgspec import Struct, field, structs

from domain.orders.halts import RISK_UNREADABLE, Halt
from domain.orders.risk.gate import Gate
from domain.orders.risk.limits import Limits, Scope, ScopedLimits
from domain.orders.risk.watched import Counted, Trip, Watched


class KeptGate(Struct, frozen=True):
    """The gate of one account as a store has it. `strategies` tells the strategy of each run."""

    limits: tuple[ScopedLimits, ...] = ()
    watched: Watched = field(default_factory=Watched)
    counted: tuple[Counted, ...] = ()
    halts: tuple[Halt, ...] = ()
    strategies: Mapping[str, str] = {}

    def open(self) -> Gate:
        """The gate for one change; what is kept stays as it is."""
        return Gate(
            self.limits,
            structs.replace(self.watched, marked=dict(self.watched.marked)),
            counted=self.counted,
            halts=self.halts,
            strategies=self.strategies,
            is_live=True,
        )


UNREADABLE = KeptGate(halts=(Halt(RISK_UNREADABLE),))
"""Stands for limits or a state that cannot be read: no new risk, but anything that reduces."""


class LimitsRecord(Struct, frozen=True):
    """The limits of one scope. `version` counts their changes; 0 where nobody has set any."""

    scope: Scope
    limits: Limits
    version: int = 0
    update_ts: int = 0
    updated_by: str = ""


class LimitsChange(Struct, frozen=True):
    """Somebody set the limits of a scope."""

    number: int
    scope: Scope
    before: Limits
    after: Limits
    ts: int
    by: str


class TripRecord(Struct, frozen=True):
    """A trip of an account's gate; it stands until somebody has released it."""

    trip_id: str
    account_id: str
    trip: Trip
    release_ts: int = 0
    released_by: str = ""
    release_reason: str = ""

    @property
    def is_standing(self) -> bool:
        """Whether it still forbids new risk."""
        return not self.release_ts


def trip_id_of(account_id: str, version: int, trip: Trip) -> str:
    """The name of a trip: the same in every attempt at the change that found it."""
    said = f"{account_id}|{version}|{trip.reason}|{trip.run_id}"
    return f"trip_{hashlib.sha256(said.encode()).hexdigest()[:20]}"
