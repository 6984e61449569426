"""The SMA cross in backtesting.py. Run by the peer's own interpreter.

Reads a CSV of bars (time, open, high, low, close, volume) from stdin, writes its trades and final
equity as JSON to stdout. Arguments: fast, slow, quantity, cash.
"""

import json
import sys
import warnings

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

FAST, SLOW, QUANTITY = (int(argument) for argument in sys.argv[1:4])
CASH = float(sys.argv[4])


def sma(closes, length):
    """The mean of the last closes, summed in whole millionths so that ties are ties.

    0 while there are too few: for a value that is missing, backtesting.py would skip the first bar
    on which it is there as well.
    """
    sums = np.cumsum(np.rint(np.asarray(closes) * 1e6).astype(np.int64))
    windows = sums[length - 1 :] - np.concatenate(([0], sums[:-length]))
    return np.concatenate((np.zeros(length - 1), windows / length))


class SmaCross(Strategy):
    def init(self):
        self.fast = self.I(sma, self.data.Close, FAST)
        self.slow = self.I(sma, self.data.Close, SLOW)

    def next(self):
        if len(self.data) < max(FAST, SLOW):
            return
        if self.fast[-1] > self.slow[-1] and not self.position:
            self.buy(size=QUANTITY)
        elif self.fast[-1] <= self.slow[-1] and self.position:
            self.position.close()


def main():
    warnings.simplefilter("ignore")
    bars = pd.read_csv(sys.stdin, index_col="time", parse_dates=True)
    bars.columns = [name.capitalize() for name in bars.columns]
    result = Backtest(bars, SmaCross, cash=CASH, commission=0).run()
    trades = result["_trades"]
    json.dump(
        {
            "trades": [
                {
                    "entry_time": row.EntryTime.isoformat(),
                    "exit_time": row.ExitTime.isoformat(),
                    "entry_price": row.EntryPrice,
                    "exit_price": row.ExitPrice,
                    "quantity": row.Size,
                }
                for row in trades.itertuples()
            ],
            "final_equity": result["Equity Final [$]"],
        },
        sys.stdout,
    )


main()
