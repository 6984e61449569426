"""Cancels a backtest."""

from apps.backtests.run_backtests import RunBacktests
from domain.backtests.record import Backtest
from ports.backtest_store import BacktestStore
from ports.clock import Clock
from ports.request_log import RequestKey


class CancelBacktest:
    """Keeps the end first, then ends the worker."""

    def __init__(self, backtests: BacktestStore, run_backtests: RunBacktests, clock: Clock) -> None:
        self._backtests = backtests
        self._run_backtests = run_backtests
        self._clock = clock

    async def __call__(
        self, backtest_id: str, *, request: RequestKey, validate_only: bool = False
    ) -> Backtest:
        """The backtest, CANCELED; with `validate_only` as it would be.

        Raises NotFound (BACKTEST_NOT_FOUND), NotAllowedNow (BACKTEST_ENDED) and RequestIdReused.
        """
        ts = self._clock.now()
        if validate_only:
            return (await self._backtests.get(request.tenant, backtest_id)).canceled(ts)
        backtest = await self._backtests.change(
            request.tenant, backtest_id, lambda now: now.canceled(ts), request=request
        )
        await self._run_backtests.stop(backtest_id)
        return backtest
