"""A strategy run: code, parameters, an account and a market, started and stopped."""

from enum import IntEnum

import msgspec
from msgspec import Struct

from domain.errors import NotAllowedNow


class RunState(IntEnum):
    """Where a run stands."""

    STARTING = 1
    RUNNING = 2
    STOPPING = 3
    STOPPED = 4
    FINISHED = 5
    FAILED = 6


ACTIVE = frozenset({RunState.STARTING, RunState.RUNNING, RunState.STOPPING})


class Replay(Struct, frozen=True):
    """History played as if it were now. Times are open times, UTC, the end exclusive."""

    start_ts: int | None = None
    end_ts: int | None = None
    bars_per_second: float = 0.0


class Run(Struct, frozen=True):
    """One run as it stands. `market_ts` is its clock: the close of the last bar it heard."""

    tenant: str
    run_id: str
    strategy_id: str
    version_id: str
    account_id: str
    instrument_id: str
    timeframe: str
    parameters: dict[str, str]
    replay: Replay
    total_bar_count: int
    create_ts: int
    state: RunState = RunState.STARTING
    bar_count: int = 0
    market_ts: int = 0
    end_ts: int = 0
    error_reason: str = ""
    error_message: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.state in ACTIVE

    def running(self) -> "Run":
        """Its process has started. A run that was asked to stop meanwhile stays so."""
        if self.state is not RunState.STARTING:
            return self
        return msgspec.structs.replace(self, state=RunState.RUNNING)

    def heard(self, bar_ts: int) -> "Run":
        """One more bar, which closed at `bar_ts`."""
        return msgspec.structs.replace(self, bar_count=self.bar_count + 1, market_ts=bar_ts)

    def stopping(self) -> "Run":
        """Asked to stop; asking again is harmless. Raises NotAllowedNow (`RUN_ENDED`)."""
        if not self.is_active:
            raise NotAllowedNow(
                f"run {self.run_id} has ended: {self.state.name}",
                reason="RUN_ENDED",
                run_id=self.run_id,
                state=self.state.name,
            )
        return msgspec.structs.replace(self, state=RunState.STOPPING)

    def ended(self, state: RunState, ts: int, reason: str = "", message: str = "") -> "Run":
        """It ended so. The first end stands."""
        if not self.is_active:
            return self
        return msgspec.structs.replace(
            self, state=state, end_ts=ts, error_reason=reason, error_message=message
        )
