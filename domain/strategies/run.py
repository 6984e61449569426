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
    PAUSED = 7


ACTIVE = frozenset({RunState.STARTING, RunState.RUNNING, RunState.PAUSED, RunState.STOPPING})


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
    started_with: dict[str, str] | None = None
    """The parameters it started with, where `parameters` are others now."""
    asked_count: int = 0
    """Commands that clients gave it."""
    heard_count: int = 0
    """Commands among its inputs: the first so many of those that were given."""

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.state in ACTIVE

    def running(self) -> "Run":
        """Its process has started. A run that was asked to stop meanwhile stays so."""
        if self.state is not RunState.STARTING:
            return self
        return msgspec.structs.replace(self, state=RunState.RUNNING)

    @property
    def goes_on(self) -> bool:
        """Whether it has not ended, nor been asked to."""
        return self.is_active and self.state is not RunState.STOPPING

    @property
    def has_commands(self) -> bool:
        """Whether something was asked of it that it has not heard yet."""
        return self.heard_count < self.asked_count

    @property
    def first_parameters(self) -> dict[str, str]:
        """What its strategy is made with, before it hears anything."""
        return self.parameters if self.started_with is None else self.started_with

    def heard(self, bar_ts: int) -> "Run":
        """One more bar, which closed at `bar_ts`."""
        return msgspec.structs.replace(self, bar_count=self.bar_count + 1, market_ts=bar_ts)

    def stopping(self) -> "Run":
        """Asked to stop; asking again is harmless. Raises NotAllowedNow (`RUN_ENDED`)."""
        if not self.is_active:
            raise self._refused("has ended", "RUN_ENDED")
        return msgspec.structs.replace(self, state=RunState.STOPPING)

    def pausing(self) -> "Run":
        """Asked to pause. Raises NotAllowedNow: `RUN_ENDED`, `RUN_PAUSED_ALREADY`."""
        self._check_goes_on()
        if self.state is RunState.PAUSED:
            raise self._refused("is paused already", "RUN_PAUSED_ALREADY")
        return self._asked(state=RunState.PAUSED)

    def resuming(self) -> "Run":
        """Asked to trade again. Raises NotAllowedNow: `RUN_ENDED`, `RUN_NOT_PAUSED`."""
        self._check_goes_on()
        if self.state is not RunState.PAUSED:
            raise self._refused("is not paused", "RUN_NOT_PAUSED")
        return self._asked(state=RunState.RUNNING)

    def flattening(self) -> "Run":
        """Asked to hold nothing and to stay paused. Raises NotAllowedNow (`RUN_ENDED`)."""
        self._check_goes_on()
        return self._asked(state=RunState.PAUSED)

    def with_parameters(self, parameters: dict[str, str]) -> "Run":
        """Asked to go on with other parameters. Raises NotAllowedNow (`RUN_ENDED`)."""
        self._check_goes_on()
        return self._asked(parameters=parameters, started_with=self.first_parameters)

    def obeyed(self, number: int) -> "Run":
        """It has heard that command."""
        return msgspec.structs.replace(self, heard_count=number)

    def ended(self, state: RunState, ts: int, reason: str = "", message: str = "") -> "Run":
        """It ended so. The first end stands."""
        if not self.is_active:
            return self
        return msgspec.structs.replace(
            self, state=state, end_ts=ts, error_reason=reason, error_message=message
        )

    def _asked(self, **changes: object) -> "Run":
        return msgspec.structs.replace(self, asked_count=self.asked_count + 1, **changes)

    def _check_goes_on(self) -> None:
        if not self.goes_on:
            raise self._refused("is at its end", "RUN_ENDED")

    def _refused(self, why: str, reason: str) -> NotAllowedNow:
        return NotAllowedNow(
            f"run {self.run_id} {why}: {self.state.name}",
            reason=reason,
            run_id=self.run_id,
            state=self.state.name,
        )
