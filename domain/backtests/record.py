"""A backtest as it is asked for, followed and kept."""

from enum import IntEnum

import msgspec
from msgspec import Struct

from domain.backtests.statistics import Statistics
from domain.errors import NotAllowedNow
from domain.orders.risk.limits import Limits


class BacktestState(IntEnum):
    """Where a backtest stands."""

    QUEUED = 1
    RUNNING = 2
    SUCCEEDED = 3
    FAILED = 4
    CANCELED = 5


ACTIVE = frozenset({BacktestState.QUEUED, BacktestState.RUNNING})


class Progress(Struct, frozen=True):
    """How far it is; `market_ts` is its clock, `equity` money, scaled."""

    bar_count: int = 0
    market_ts: int = 0
    equity: int = 0
    order_count: int = 0


class Outcome(Struct, frozen=True):
    """What a worker brings back. Money is scaled; orders, fills and equity lie in files."""

    result_hash: str
    progress: Progress
    final_equity: int
    realised_pnl: int
    fees: int
    order_count: int
    fill_count: int
    statistics: Statistics


class Backtest(Struct, frozen=True):
    """One backtest as it stands. `cash` is money at the start, scaled."""

    tenant: str
    backtest_id: str
    strategy_id: str
    version_id: str
    instrument_id: str
    timeframe: str
    start_ts: int | None
    end_ts: int | None
    parameters: dict[str, str]
    cash: int
    total_bar_count: int
    create_ts: int
    state: BacktestState = BacktestState.QUEUED
    progress: Progress = Progress()
    outcome: Outcome | None = None
    end_run_ts: int = 0
    error_reason: str = ""
    error_message: str = ""
    limits: Limits | None = None
    """What its orders may not pass, beside the wide bounds of every account."""

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.state in ACTIVE

    def advanced(self, progress: Progress) -> "Backtest":
        """A worker has it and is so far. One that has ended stays as it is."""
        if not self.is_active:
            return self
        return msgspec.structs.replace(self, state=BacktestState.RUNNING, progress=progress)

    def succeeded(self, outcome: Outcome, ts: int) -> "Backtest":
        """Its worker is done and the results are in place."""
        if not self.is_active:
            return self
        return msgspec.structs.replace(
            self,
            state=BacktestState.SUCCEEDED,
            progress=outcome.progress,
            outcome=outcome,
            end_run_ts=ts,
        )

    def failed(self, ts: int, reason: str, message: str) -> "Backtest":
        """It ended by an error."""
        if not self.is_active:
            return self
        return msgspec.structs.replace(
            self,
            state=BacktestState.FAILED,
            end_run_ts=ts,
            error_reason=reason,
            error_message=message,
        )

    def canceled(self, ts: int) -> "Backtest":
        """Canceled as asked. Raises NotAllowedNow (`BACKTEST_ENDED`)."""
        if not self.is_active:
            raise NotAllowedNow(
                f"backtest {self.backtest_id} has ended: {self.state.name}",
                reason="BACKTEST_ENDED",
                backtest_id=self.backtest_id,
                state=self.state.name,
            )
        return msgspec.structs.replace(self, state=BacktestState.CANCELED, end_run_ts=ts)

    def check_done(self) -> None:
        """Raises NotAllowedNow (`BACKTEST_NOT_DONE`) while there are no results to read."""
        if self.state is not BacktestState.SUCCEEDED:
            raise NotAllowedNow(
                f"backtest {self.backtest_id} has no results: it is {self.state.name}",
                reason="BACKTEST_NOT_DONE",
                backtest_id=self.backtest_id,
                state=self.state.name,
            )
