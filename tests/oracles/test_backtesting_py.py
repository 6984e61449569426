"""The same strategy on the same split-adjusted bars in backtesting.py: equal trades and money."""

import csv
import io
import json
import subprocess
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.sample_data.loader import sample_actions, sample_bars, sample_instruments
from apps.strategies.examples.sma_cross import SmaCross
from domain.backtests import BacktestResult, backtest
from domain.instruments import Instrument
from domain.market_data.columns import BarColumns
from domain.market_data.corporate_actions import split_adjusted
from tests.needs import peer

SCRIPT = Path(__file__).parent / "peers" / "backtesting_sma_cross.py"
START, END = datetime(2000, 3, 1, tzinfo=UTC), datetime(2013, 3, 1, tzinfo=UTC)
FAST, SLOW, QUANTITY, CASH = 10, 30, 100, 100_000
CENT = Decimal("0.01")
NEW_YORK = ZoneInfo("America/New_York")


def history(instrument: Instrument) -> BarColumns:
    actions = sample_actions(instrument.instrument_id)
    adjusted = split_adjusted(sample_bars(instrument), actions, instrument)
    return adjusted.between(int(START.timestamp()) * 10**9, int(END.timestamp()) * 10**9)


def ours(instrument: Instrument, bars: BarColumns) -> BacktestResult:
    strategy = SmaCross(instrument.instrument_id, Decimal(QUANTITY), FAST, SLOW)
    columns = {name: getattr(bars, name) for name in ("ts", "open_ts", *PRICES)}
    return backtest(strategy, columns, instruments=instrument, cash=CASH)


def theirs(bars: BarColumns) -> dict[str, Any]:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("time", *PRICES))
    rows.writerows(
        (day(ts), *values)
        for ts, *values in zip(
            bars.ts.tolist(), *(getattr(bars, name).tolist() for name in PRICES), strict=True
        )
    )
    arguments = [str(number) for number in (FAST, SLOW, QUANTITY, CASH)]
    ended = subprocess.run(
        [peer("backtesting"), str(SCRIPT), *arguments],
        input=text.getvalue(),
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


PRICES = ("open", "high", "low", "close", "volume")


def day(ts: int) -> str:
    return datetime.fromtimestamp(ts / 1e9, NEW_YORK).date().isoformat()


@pytest.mark.parametrize("instrument", sample_instruments(), ids=lambda one: one.symbol)
def test_the_sma_cross_makes_the_trades_of_backtesting_py(instrument: Instrument) -> None:
    bars = history(instrument)
    result, peers = ours(instrument, bars), theirs(bars)
    assert [
        (day(trade.entry_ts), day(trade.exit_ts), int(trade.quantity)) for trade in result.trades
    ] == [
        (trade["entry_time"][:10], trade["exit_time"][:10], trade["quantity"])
        for trade in peers["trades"]
    ]
    prices = [(float(trade.entry_price), float(trade.exit_price)) for trade in result.trades]
    assert prices == [
        (pytest.approx(trade["entry_price"]), pytest.approx(trade["exit_price"]))
        for trade in peers["trades"]
    ]
    assert abs(result.final_equity - Decimal(repr(peers["final_equity"]))) < CENT
    assert result.order_count > len(peers["trades"]) > (0 if len(bars) < 500 else 10)


def test_no_split_is_a_loss() -> None:
    apple = next(one for one in sample_instruments() if one.symbol == "AAPL")
    closes = history(apple).close
    falls = closes[1:] / closes[:-1] - 1
    assert falls.min() == pytest.approx(-0.5187, abs=1e-3)  # 2000-09-29, which did happen
    assert (falls < -0.3).sum() == 1
