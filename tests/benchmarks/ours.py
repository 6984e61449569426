"""Our engine on the work that is named: cross, every or quotes."""

import json
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from time import process_time

import numpy as np

from domain.backtests import BacktestResult, BacktestSpec, run_backtest
from domain.instruments import Instrument, Instruments
from domain.market_data.columns import BarColumns
from domain.market_data.quote_columns import QuoteColumns
from domain.strategies import EMA, SMA, Bar, Context, Quote, Strategy
from tests.benchmarks.bars import read_bars
from tests.benchmarks.memory import peak_mb

NAME = "DATA.XNAS"


@dataclass
class Cross(Strategy):
    """Hold the instrument while its fast average is above its slow one."""

    instrument_id: str = NAME
    quantity: Decimal = Decimal(10)
    fast: int = 10
    slow: int = 30

    def on_start(self, ctx: Context) -> None:
        self.fast_average, self.slow_average = SMA(self.fast), SMA(self.slow)

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        fast, slow = self.fast_average.update(bar.close), self.slow_average.update(bar.close)
        if slow is None:
            return
        position = ctx.position(self.instrument_id)
        if fast > slow and position == 0:
            ctx.buy(self.instrument_id, self.quantity)
        elif fast <= slow and position > 0:
            ctx.sell(self.instrument_id, position)


@dataclass
class Every(Strategy):
    """One market order a bar, bought and sold in turns."""

    instrument_id: str = NAME
    quantity: Decimal = Decimal(10)

    def on_start(self, ctx: Context) -> None:
        self.is_buying = True

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        if self.is_buying:
            ctx.buy(self.instrument_id, self.quantity)
        else:
            ctx.sell(self.instrument_id, self.quantity)
        self.is_buying = not self.is_buying


@dataclass
class QuoteCross(Strategy):
    """Hold the instrument while the fast mean of its mid prices is above the slow one."""

    instrument_id: str = NAME
    quantity: Decimal = Decimal(10)

    def on_start(self, ctx: Context) -> None:
        self.fast_average, self.slow_average = EMA(10), EMA(30)

    def on_quote(self, quote: Quote, ctx: Context) -> None:
        mid = (quote.bid + quote.ask) / 2
        fast, slow = self.fast_average.update(mid), self.slow_average.update(mid)
        if slow is None:
            return
        position = ctx.position(self.instrument_id)
        if fast > slow and position == 0:
            ctx.buy(self.instrument_id, self.quantity)
        elif fast <= slow and position > 0:
            ctx.sell(self.instrument_id, position)


def run(strategy: Strategy, columns: BarColumns | QuoteColumns) -> BacktestResult:
    """The backtest that is timed."""
    share = Instrument(NAME, "DATA", "XNAS", price_decimals=2)
    spec = BacktestSpec(strategy, Instruments([share]), 1_000_000 * 10**9)
    return run_backtest(spec, {NAME: [columns]})


def quotes_of(bars: BarColumns) -> QuoteColumns:
    """A quote a bar, a cent on either side of its close."""
    size = np.full(len(bars), 100.0)
    return QuoteColumns(bars.ts, bars.close - 0.01, bars.close + 0.01, size, size)


def main() -> None:
    """Time the work and print its figures."""
    work, path = sys.argv[1:]
    bars = read_bars(Path(path))
    strategy = {"cross": Cross, "every": Every, "quotes": QuoteCross}[work]()
    columns = quotes_of(bars) if work == "quotes" else bars
    start = process_time()
    result = run(strategy, columns)
    seconds = process_time() - start
    figures = {
        "seconds": seconds,
        "count": len(columns),
        "orders": result.order_count,
        "final_equity": float(result.final_equity),
        "rss_mb": peak_mb(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
