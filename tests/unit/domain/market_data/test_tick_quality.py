"""What a look at quotes and trades finds."""

import itertools

import numpy as np
import pytest

from domain.market_data.quality.finding import Finding, FindingKind
from domain.market_data.quality.ticks import TickInspector
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.trade_columns import TradeColumns

COUNT = 200
KINDS = FindingKind


def look(columns: QuoteColumns | TradeColumns, *cuts: int) -> list[Finding]:
    inspector = TickInspector()
    lines = np.arange(2, len(columns) + 2, dtype=np.int64)
    nothing = np.zeros(len(columns), np.int64)
    found: list[Finding] = []
    for start, end in itertools.pairwise([0, *cuts, len(columns)]):
        piece = columns.slice(start, end)
        found += inspector.take(piece, lines[start:end], nothing[start:end])
    return sorted(found + inspector.finish(), key=lambda one: one.start_ts)


def trades(**changes: float) -> TradeColumns:
    price = 100 + np.round(np.sin(np.arange(COUNT) / 7), 2)
    for row, value in changes.items():
        price[int(row[1:])] = value
    return TradeColumns(np.arange(COUNT, dtype=np.int64), price, np.ones(COUNT))


def quotes() -> QuoteColumns:
    middle = 100 + np.round(np.sin(np.arange(COUNT) / 7), 2)
    ts, ones = np.arange(COUNT, dtype=np.int64), np.ones(COUNT)
    return QuoteColumns(ts, middle - 0.01, middle + 0.01, ones, ones)


@pytest.mark.parametrize("cuts", [(), (50,), (48, 51, 53), tuple(range(1, COUNT))])
def test_a_trade_far_from_those_around_it_is_an_outlier(cuts: tuple[int, ...]) -> None:
    found = look(trades(r50=10.0, r120=150.0), *cuts)
    assert [(one.kind, one.start_ts, one.line) for one in found] == [
        (KINDS.OUTLIER, 50, 52),
        (KINDS.OUTLIER, 120, 122),
    ]
    assert found[0].detail.startswith("price 10 between ")


def test_a_quiet_market_has_none() -> None:
    assert look(trades()) == []
    assert look(quotes()) == []


@pytest.mark.parametrize("cuts", [(), (61,), (59, 60, 61, 62, 63), tuple(range(1, COUNT))])
def test_crossed_quotes_in_a_row_are_one_finding(cuts: tuple[int, ...]) -> None:
    crossed = quotes()
    crossed.bid[60:63] += 0.5
    crossed.bid[90] += 0.5
    found = look(crossed, *cuts)
    assert [(one.kind, one.start_ts, one.count, one.line) for one in found] == [
        (KINDS.CROSSED_QUOTE, 60, 3, 62),
        (KINDS.CROSSED_QUOTE, 90, 1, 92),
    ]


def test_a_side_that_is_missing_crosses_nothing_and_is_no_price() -> None:
    one_sided = quotes()
    one_sided.ask[::7] = 0
    one_sided.bid[3::7] = 0
    assert look(one_sided) == []
