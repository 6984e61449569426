"""Asks for a backtest."""

from apps.backtests.run_backtests import RunBacktests
from apps.prepare import Prepare
from domain.backtests.record import Backtest
from domain.errors import invalid, under
from domain.orders.risk.limits import Limits, Scope, check_limits
from domain.strategies.wanted import Wanted
from domain.values import MONEY_SCALE
from ports.backtest_store import BacktestStore
from ports.clock import Clock
from ports.ids import Ids
from ports.request_log import RequestKey

DEFAULT_CASH = 100_000 * MONEY_SCALE
MOST_CASH = 1_000_000_000 * MONEY_SCALE


class CreateBacktest:
    """Checks everything, keeps it, and puts it into the queue."""

    def __init__(
        self,
        prepare: Prepare,
        backtests: BacktestStore,
        run_backtests: RunBacktests,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._prepare = prepare
        self._backtests = backtests
        self._run_backtests = run_backtests
        self._clock = clock
        self._ids = ids

    async def __call__(
        self,
        wanted: Wanted,
        cash: int | None,
        *,
        limits: Limits | None = None,
        request: RequestKey,
        validate_only: bool = False,
    ) -> Backtest:
        """The backtest, kept and QUEUED unless `validate_only`. `cash` is scaled, 100,000 if None.

        Raises what `Prepare` and `check_limits` raise, InvalidRequest (OUT_OF_RANGE naming `cash`)
        and RequestIdReused; nothing is kept then.
        """
        if not validate_only and (answered := await self._backtests.answered(request)):
            return answered
        cash = DEFAULT_CASH if cash is None else cash
        if not 0 < cash <= MOST_CASH:
            raise invalid("cash", "must be above 0 and at most 1000000000", reason="OUT_OF_RANGE")
        if limits is not None:
            with under("risk_limits"):
                check_limits(Scope(), limits)
        prepared = await self._prepare(request.tenant, wanted)
        backtest = Backtest(
            tenant=request.tenant,
            backtest_id="" if validate_only else self._ids.new("bt"),
            strategy_id=prepared.version.strategy_id,
            version_id=prepared.version.version_id,
            instrument_id=prepared.instrument.instrument_id,
            timeframe=prepared.timeframe,
            start_ts=prepared.start_ts,
            end_ts=prepared.end_ts,
            parameters=prepared.parameters,
            cash=cash,
            total_bar_count=prepared.bar_count,
            create_ts=self._clock.now(),
            limits=limits,
        )
        if validate_only:
            return backtest
        kept = await self._backtests.create(backtest, request=request)
        if kept == backtest:  # else the same request was faster, and its backtest may be done
            self._run_backtests.start(kept)
        return kept
