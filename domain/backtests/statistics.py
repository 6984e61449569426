"""The figures of a backtest, by the definitions in `domain.reports`."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import asdict

from domain.backtests.equity import EquityCurve
from domain.instruments import Instrument
from domain.reports.days import day_ends, periods_a_year
from domain.reports.drawdown import Drawdown, drawdown_of
from domain.reports.statistics import (
    cagr,
    calmar,
    return_statistics,
    simple_returns,
    total_return,
    turnover,
)
from domain.reports.trades import trade_statistics
from domain.values import MONEY_SCALE

_DAY = 86_400 * 1_000_000_000


class Statistics(Struct, frozen=True):
    """Over exchange-day marks of equity, the cash at the start being the first.

    `days` are calendar days from the open of the first bar to the close of the last. Exposure is
    weighted by bars: `time_in_market` is the share that closed with a position, `gross_exposure`
    the mean worth of positions, long and short added, over equity. Undefined is None.
    """

    days: float
    total_return: float | None
    cagr: float | None
    max_drawdown: float
    max_drawdown_days: float
    drawdown: Drawdown | None
    calmar: float | None
    turnover: float | None
    time_in_market: float | None
    gross_exposure: float | None
    periods_per_year: int
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    best_day: float | None
    worst_day: float | None
    skew: float | None
    excess_kurtosis: float | None
    value_at_risk_95: float | None
    expected_shortfall_95: float | None
    normal_value_at_risk_95: float | None
    normal_value_at_risk_99: float | None
    normal_expected_shortfall_95: float | None
    trade_count: int
    win_rate: float | None
    profit_factor: float | None
    expectancy: float | None
    average_win: float | None
    average_loss: float | None
    best_trade: float | None
    worst_trade: float | None


def day_marks(
    curve: EquityCurve, instrument: Instrument, *, cash: float, start_ts: int
) -> tuple[list[int], list[float]]:
    """When each exchange day ended, and equity then; before them the start with its cash."""
    rows = day_ends(curve.ts, instrument)
    return [start_ts, *curve.ts[rows].tolist()], [cash, *curve.equity[rows].tolist()]


def statistics_of(
    curve: EquityCurve,
    instrument: Instrument,
    *,
    cash: float,
    start_ts: int,
    profits: Sequence[Decimal],
    traded: int,
    time_in_market: float | None,
    gross_exposure: float | None,
    periods_per_year: int | None = None,
    risk_free: float = 0.0,
) -> Statistics:
    """All figures. `instrument` says when days end; `traded` is money, scaled."""
    times, marks = day_marks(curve, instrument, cash=cash, start_ts=start_ts)
    days = (times[-1] - start_ts) / _DAY
    fall = drawdown_of(times, marks)
    depth = fall.depth if fall is not None else 0.0
    growth = cagr(cash, marks[-1], days)
    periods = periods_per_year or periods_a_year(instrument)
    by_day = return_statistics(simple_returns(marks), periods, risk_free)
    by_trade = trade_statistics(profits)
    return Statistics(
        days=days,
        total_return=total_return(cash, marks[-1]),
        cagr=growth,
        max_drawdown=depth,
        max_drawdown_days=fall.longest_days if fall is not None else 0.0,
        drawdown=fall,
        calmar=calmar(growth, depth),
        turnover=turnover(traded / MONEY_SCALE, sum(marks) / len(marks), days),
        time_in_market=time_in_market,
        gross_exposure=gross_exposure,
        **asdict(by_day),
        **asdict(by_trade),
    )
