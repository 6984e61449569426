"""A look at quotes or trades, against each other: no calendar says when they have to be."""

from functools import partial

import numpy as np

from domain.market_data.columns import BarColumns
from domain.market_data.files.checked_rows import AnyColumns
from domain.market_data.files.raw_rows import Floats, Ints
from domain.market_data.quality.finding import Finding, FindingKind, Quality, Tally
from domain.market_data.quality.inspector import Inspector
from domain.market_data.quality.levels import NEIGHBOURS, price_outliers
from domain.market_data.quality.runs import Runs
from domain.market_data.quote_columns import QuoteColumns


class TickInspector(Inspector):
    """Finds crossed quotes, a run of them at once, and prices far from those around them.

    Of quotes the middle of those with two sides is looked at.
    """

    def __init__(self) -> None:
        self._crossed = Runs()
        self._ts: Ints = np.empty(0, np.int64)
        self._price: Floats = np.empty(0)
        self._lines: Ints = np.empty(0, np.int64)
        self._judged = 0
        self._name = ""

    def take(self, columns: AnyColumns, lines: Ints, lost: Ints) -> list[Finding]:  # noqa: ARG002
        if isinstance(columns, BarColumns) or not len(columns):
            return []
        found: list[Finding] = []
        ts = columns.ts
        if isinstance(columns, QuoteColumns):
            two_sided = (columns.bid > 0) & (columns.ask > 0)
            crossed = two_sided & (columns.bid > columns.ask)
            found += self._crossed.take(crossed, partial(_crossed, columns, lines))
            ts, lines = ts[two_sided], lines[two_sided]
            price, self._name = (columns.bid + columns.ask)[two_sided] / 2, "middle"
        else:
            price, self._name = columns.price, "price"
        self._ts = np.concatenate((self._ts, ts))
        self._price = np.concatenate((self._price, price))
        self._lines = np.concatenate((self._lines, lines))
        return found + self._judge(len(self._price) - NEIGHBOURS)

    def finish(self) -> list[Finding]:
        return self._crossed.finish() + self._judge(len(self._price))

    def quality(self, tally: Tally, check_ts: int) -> Quality:
        return Quality("", finding_counts=dict(tally.counts), check_ts=check_ts)

    def _judge(self, end: int) -> list[Finding]:
        rows = range(self._judged, max(end, 0))
        if rows.stop <= rows.start:
            return []
        found = price_outliers(self._ts, self._price, self._lines, rows, self._name)
        cut = max(0, rows.stop - NEIGHBOURS)
        self._ts, self._price = self._ts[cut:], self._price[cut:]
        self._lines = self._lines[cut:]
        self._judged = rows.stop - cut
        return found


def _crossed(quotes: QuoteColumns, lines: Ints, row: int) -> Finding:
    detail = f"bid {quotes.bid[row]:.12g} above ask {quotes.ask[row]:.12g}"
    ts, line = int(quotes.ts[row]), int(lines[row])
    return Finding(FindingKind.CROSSED_QUOTE, ts, line=line, detail=detail)
