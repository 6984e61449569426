from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from domain.backtests import EquityCurve
from domain.backtests.statistics import Statistics, statistics_of
from domain.instruments import Instrument
from domain.reports.days import day_ends
from tests.builders import a_round_the_clock_instrument, an_instrument

SHARE = an_instrument()


def a_curve(start: str, equity: list[float], step: timedelta) -> EquityCurve:
    first = datetime.fromisoformat(start).replace(tzinfo=UTC)
    times = [int((first + step * n).timestamp()) * 10**9 for n in range(len(equity))]
    return EquityCurve(np.array(times), np.array(equity))


def figures(curve: EquityCurve, instrument: Instrument = SHARE, **fields: object) -> Statistics:
    given = {
        "cash": 100.0, "start_ts": int(curve.ts[0]) - 23_400 * 10**9, "profits": [], "traded": 0,
        "time_in_market": 0.5, "gross_exposure": 0.5,
    }  # fmt: skip
    return statistics_of(curve, instrument, **(given | fields))


def test_daily_bars_are_their_own_days() -> None:
    curve = a_curve("2014-06-09T20:00:00", [101.0, 99.0, 103.0], timedelta(days=1))
    assert day_ends(curve.ts, SHARE).tolist() == [0, 1, 2]
    found = figures(curve)
    assert found.total_return == pytest.approx(0.03)
    assert found.best_day == pytest.approx(103 / 99 - 1)
    assert found.max_drawdown == pytest.approx(99 / 101 - 1)
    assert found.periods_per_year == 252


def test_minutes_count_by_their_sessions_end() -> None:
    hours = [100.0 + n for n in range(48)]
    curve = a_curve("2014-06-09T20:00:00", hours, timedelta(hours=1))
    assert day_ends(curve.ts, SHARE).tolist() == [0, 24, 47]
    assert day_ends(curve.ts, a_round_the_clock_instrument()).tolist() == [4, 28, 47]
    assert figures(curve, a_round_the_clock_instrument()).periods_per_year == 365


def test_a_backtest_that_did_nothing_has_hardly_any_figures() -> None:
    found = figures(a_curve("2014-06-09T20:00:00", [100.0] * 5, timedelta(days=1)))
    assert (found.total_return, found.cagr, found.volatility, found.turnover) == (
        0.0,
        0.0,
        0.0,
        0.0,
    )
    assert (found.max_drawdown, found.max_drawdown_days, found.drawdown) == (0.0, 0.0, None)
    assert found.sharpe is found.calmar is found.win_rate is found.expectancy is None


def test_growth_counts_calendar_days() -> None:
    curve = a_curve("2014-06-09T20:00:00", [110.0], timedelta(days=1))
    found = figures(curve, start_ts=int(curve.ts[0]) - 365 * 86_400 * 10**9)
    assert found.days == 365.0
    assert found.cagr == pytest.approx(0.10)
