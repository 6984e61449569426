"""backtrader on the same bars: the SMA cross, or one market order a bar."""

import json
import sys
from array import array
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import backtrader as bt

from tests.benchmarks.memory import peak_mb


class Feed(bt.feed.DataBase):
    """Bars from lists in memory."""

    params = (("columns", None),)

    def start(self) -> None:
        super().start()
        self.rows = zip(*self.p.columns, strict=True)

    def _load(self) -> bool:
        row = next(self.rows, None)
        if row is None:
            return False
        lines = self.lines
        (lines.datetime[0], lines.open[0], lines.high[0], lines.low[0], lines.close[0],
         lines.volume[0]) = row  # fmt: skip
        lines.openinterest[0] = 0.0
        return True


class Cross(bt.Strategy):
    def __init__(self) -> None:
        self.fast = bt.indicators.SMA(period=10)
        self.slow = bt.indicators.SMA(period=30)
        self.orders = 0

    def next(self) -> None:
        if self.fast[0] > self.slow[0]:
            if not self.position:
                self.buy(size=10)
                self.orders += 1
        elif self.position:
            self.sell(size=10)
            self.orders += 1


class Every(bt.Strategy):
    def __init__(self) -> None:
        self.orders = 0

    def next(self) -> None:
        if self.orders % 2 == 0:
            self.buy(size=10)
        else:
            self.sell(size=10)
        self.orders += 1


work, path = sys.argv[1:]
values = array("d", Path(path).read_bytes())
count = len(values) // 6
times = array("q", values[:count].tobytes())
dates = [bt.date2num(datetime.fromtimestamp(ts / 1e9, UTC).replace(tzinfo=None)) for ts in times]
columns = [dates, *(values[n * count : (n + 1) * count].tolist() for n in range(1, 6))]
cerebro = bt.Cerebro(stdstats=False)
cerebro.adddata(Feed(columns=columns, timeframe=bt.TimeFrame.Minutes))
cerebro.addstrategy({"cross": Cross, "every": Every}[work])
cerebro.broker.setcash(1_000_000)
start = process_time()
(strategy,) = cerebro.run()
seconds = process_time() - start
print(json.dumps({
    "seconds": seconds,
    "count": count,
    "orders": strategy.orders,
    "final_equity": cerebro.broker.getvalue(),
    "rss_mb": peak_mb(),
}))  # fmt: skip
