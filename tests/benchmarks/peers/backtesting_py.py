"""backtesting.py on the same bars: the SMA cross, or one market order a bar."""

import json
import sys
import warnings
from time import process_time

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

from tests.benchmarks.memory import peak_mb

warnings.simplefilter("ignore")


def mean(close: np.ndarray, period: int) -> np.ndarray:
    """The mean of whole cents, divided once: no cross is an accident of rounding."""
    cents = np.rint(np.asarray(close) * 100).astype(np.int64)
    sums = np.concatenate([[0], np.cumsum(cents)])
    means = np.full(len(cents), np.nan)
    means[period - 1 :] = (sums[period:] - sums[:-period]) / (100 * period)
    return means


class Cross(Strategy):
    def init(self) -> None:
        self.fast = self.I(mean, self.data.Close, 10)
        self.slow = self.I(mean, self.data.Close, 30)

    def next(self) -> None:
        if self.fast[-1] > self.slow[-1]:
            if not self.position:
                self.buy(size=10)
        elif self.position:
            self.position.close()


class Every(Strategy):
    def init(self) -> None:
        self.is_buying = True

    def next(self) -> None:
        if self.is_buying:
            self.buy(size=10)
        else:
            self.sell(size=10)
        self.is_buying = not self.is_buying


work, path = sys.argv[1:]
raw = np.fromfile(path, np.int64).reshape(6, -1)
columns = dict(
    zip(["Open", "High", "Low", "Close", "Volume"], raw[1:].view(np.float64), strict=True)
)
frame = pd.DataFrame(columns, index=pd.to_datetime(raw[0]))
backtest = Backtest(frame, {"cross": Cross, "every": Every}[work], cash=1_000_000)
start = process_time()
stats = backtest.run()
seconds = process_time() - start
trades = stats["_trades"]
print(json.dumps({
    "seconds": seconds,
    "count": len(frame),
    "orders": 2 * len(trades),
    "final_equity": float(stats["Equity Final [$]"]),
    "rss_mb": peak_mb(),
}))  # fmt: skip
