"""Backtests between the wire and the domain."""

from adapters.wire.risk import limits_from_wire, limits_to_wire
from adapters.wire.values import (
    Choices,
    decimal_to_wire,
    money_from_wire,
    money_to_wire,
    time_from_wire,
    time_to_wire,
)
from domain.backtests.record import Backtest, BacktestState, Outcome, Progress
from domain.orders.risk.limits import Limits
from domain.strategies.wanted import Wanted
from domain.values import from_scaled
from ports.backtest_results import EquityPoint
from trademesh.backtests.v1 import backtest_pb2, backtest_service_pb2

STATES = Choices(
    {
        backtest_pb2.Backtest.STATE_QUEUED: BacktestState.QUEUED,
        backtest_pb2.Backtest.STATE_RUNNING: BacktestState.RUNNING,
        backtest_pb2.Backtest.STATE_SUCCEEDED: BacktestState.SUCCEEDED,
        backtest_pb2.Backtest.STATE_FAILED: BacktestState.FAILED,
        backtest_pb2.Backtest.STATE_CANCELED: BacktestState.CANCELED,
    }
)
EQUITY_DECIMALS = 6  # a point of the curve is a double: more digits would be noise


def backtest_to_wire(backtest: Backtest) -> backtest_pb2.Backtest:
    """A backtest as it stands."""
    wire = backtest_pb2.Backtest(
        backtest_id=backtest.backtest_id,
        strategy_id=backtest.strategy_id,
        version_id=backtest.version_id,
        instrument_id=backtest.instrument_id,
        timeframe=backtest.timeframe,
        parameters=backtest.parameters,
        cash=money_to_wire(backtest.cash),
        state=STATES.to_wire(backtest.state),
        progress=_progress(backtest.progress, backtest.total_bar_count),
        error_reason=backtest.error_reason,
        error_message=backtest.error_message,
        create_time=time_to_wire(backtest.create_ts),
        end_run_time=time_to_wire(backtest.end_run_ts) if backtest.end_run_ts else None,
    )
    if backtest.start_ts is not None:
        wire.start_time.CopyFrom(time_to_wire(backtest.start_ts))
    if backtest.end_ts is not None:
        wire.end_time.CopyFrom(time_to_wire(backtest.end_ts))
    if backtest.limits is not None:
        wire.risk_limits.CopyFrom(limits_to_wire(backtest.limits))
    if backtest.outcome is not None:
        wire.result_hash = backtest.outcome.result_hash
        wire.statistics.CopyFrom(_statistics(backtest.outcome))
    return wire


def wanted_backtest_from_wire(backtest: backtest_pb2.Backtest) -> Wanted:
    """What to test. Raises `InvalidRequest` BAD_TIME."""
    start, end = backtest.HasField("start_time"), backtest.HasField("end_time")
    return Wanted(
        strategy_id=backtest.strategy_id,
        version_id=backtest.version_id,
        instrument_id=backtest.instrument_id,
        timeframe=backtest.timeframe,
        parameters=dict(backtest.parameters),
        start_ts=time_from_wire("start_time", backtest.start_time) if start else None,
        end_ts=time_from_wire("end_time", backtest.end_time) if end else None,
    )


def cash_from_wire(backtest: backtest_pb2.Backtest) -> int | None:
    """Money at the start, None where it is not given. Raises `InvalidRequest` naming `cash`."""
    return money_from_wire("cash", backtest.cash) if backtest.cash else None


def limits_of_backtest(backtest: backtest_pb2.Backtest) -> Limits | None:
    """What its orders may not pass, None where nothing is given. Raises `InvalidRequest`."""
    if not backtest.HasField("risk_limits"):
        return None
    return limits_from_wire("risk_limits", backtest.risk_limits)


def equity_to_wire(point: EquityPoint) -> backtest_service_pb2.EquityPoint:
    """One point of the equity curve."""
    scaled = round(point.equity * 10**EQUITY_DECIMALS)
    return backtest_service_pb2.EquityPoint(
        time=time_to_wire(point.ts),
        equity=decimal_to_wire(from_scaled(scaled, EQUITY_DECIMALS)),
    )


def _progress(progress: Progress, total_bar_count: int) -> backtest_pb2.Progress:
    return backtest_pb2.Progress(
        bar_count=progress.bar_count,
        total_bar_count=total_bar_count,
        market_time=time_to_wire(progress.market_ts) if progress.market_ts else None,
        equity=money_to_wire(progress.equity) if progress.market_ts else "",
        order_count=progress.order_count,
    )


def _statistics(outcome: Outcome) -> backtest_pb2.Statistics:
    figures = outcome.statistics
    return backtest_pb2.Statistics(
        final_equity=money_to_wire(outcome.final_equity),
        realised_pnl=money_to_wire(outcome.realised_pnl),
        fees=money_to_wire(outcome.fees),
        order_count=outcome.order_count,
        fill_count=outcome.fill_count,
        trade_count=figures.trade_count,
        total_return=figures.total_return,
        cagr=figures.cagr,
        volatility=figures.volatility,
        sharpe=figures.sharpe,
        sortino=figures.sortino,
        max_drawdown=figures.max_drawdown,
        max_drawdown_days=figures.max_drawdown_days,
        calmar=figures.calmar,
        win_rate=figures.win_rate,
        profit_factor=figures.profit_factor,
        expectancy=figures.expectancy,
        time_in_market=figures.time_in_market,
        turnover=figures.turnover,
        best_day=figures.best_day,
        worst_day=figures.worst_day,
        skew=figures.skew,
        excess_kurtosis=figures.excess_kurtosis,
        value_at_risk_95=figures.value_at_risk_95,
        expected_shortfall_95=figures.expected_shortfall_95,
        periods_per_year=figures.periods_per_year,
    )
