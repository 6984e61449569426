"""Columns on the wire are what protobuf itself would have made of them."""

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.wire.market_data import add_bars
from adapters.wire.ticks import add_quotes, add_trades, tick_rows
from domain.market_data.columns import BarColumns
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.trade_columns import TradeColumns
from trademesh.market_data.v1 import market_data_service_pb2 as pb

TIMES = st.integers(-(2**63), 2**63 - 1) | st.sampled_from(
    [0, 1, -1, 999_999_999, 10**9, -(10**9), 128 * 10**9, 2**35 * 10**8]
)
VALUES = st.floats(allow_nan=False) | st.sampled_from([0.0, -0.0, 1e-300])


def rows(times: int, values: int) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    return st.lists(st.tuples(*[TIMES] * times, *[VALUES] * values), max_size=20)


def columns_of(some: list[tuple[Any, ...]], times: int, width: int) -> list[Any]:
    return [
        np.array([row[n] for row in some], np.int64 if n < times else np.float64)
        for n in range(width)
    ]


def bits(values: list[float]) -> bytes:
    return struct.pack(f"<{len(values)}d", *values)


@given(rows(1, 4))
def test_quotes(some: list[tuple[Any, ...]]) -> None:
    message = pb.StreamQuotesResponse(cursor="here")
    tick_rows(QuoteColumns(*columns_of(some, 1, 5))).add_to(message)
    told = pb.StreamQuotesResponse.FromString(message.SerializeToString())
    assert told.cursor == "here"
    assert [quote.time.ToNanoseconds() for quote in told.quotes] == [row[0] for row in some]
    for quote, row in zip(told.quotes, some, strict=True):
        assert 0 <= quote.time.nanos < 10**9
        values = [quote.bid, quote.ask, quote.bid_size, quote.ask_size]
        assert bits(values) == bits([*row[1:]])


@given(rows(1, 2))
def test_trades(some: list[tuple[Any, ...]]) -> None:
    message = pb.ListTradesResponse()
    add_trades(message, TradeColumns(*columns_of(some, 1, 3)))
    expected = pb.ListTradesResponse()
    for ts, price, size in some:
        expected.trades.add(price=price, size=size).time.FromNanoseconds(ts)
    assert message == expected


@given(rows(2, 5))
def test_bars(some: list[tuple[Any, ...]]) -> None:
    message = pb.StreamBarsResponse()
    add_bars(message, BarColumns(*columns_of(some, 2, 7)))
    expected = pb.StreamBarsResponse()
    for ts, open_ts, first, high, low, last, volume in some:
        bar = expected.bars.add(open=first, high=high, low=low, close=last, volume=volume)
        bar.open_time.FromNanoseconds(open_ts)
        bar.close_time.FromNanoseconds(ts)
    assert message == expected


def test_a_page_of_quotes() -> None:
    message = pb.ListQuotesResponse()
    add_quotes(message, QuoteColumns(*columns_of([(7, 1.0, 2.0, 3.0, 4.0)], 1, 5)))
    (quote,) = message.quotes
    assert (quote.time.nanos, quote.bid, quote.ask_size) == (7, 1.0, 4.0)


def test_rows_are_appended_to_those_that_are_there() -> None:
    message = pb.ListTradesResponse()
    one = TradeColumns(np.array([5], np.int64), np.array([2.0]), np.array([3.0]))
    add_trades(message, one)
    add_trades(message, one)
    assert [trade.price for trade in message.trades] == [2, 2]


@pytest.mark.parametrize("count", [0, 1, 1024])
def test_a_slice_is_told_as_it_stands(count: int) -> None:
    ts = np.arange(3000, dtype=np.int64) * 1_000_000_007
    whole = TradeColumns(ts, ts * 0.5, ts * 2.0)
    message = pb.StreamTradesResponse()
    tick_rows(whole).slice(1000, 1000 + count).add_to(message)
    of_columns = pb.ListTradesResponse()
    add_trades(of_columns, whole.slice(1000, 1000 + count))
    assert list(of_columns.trades) == list(message.trades)
    told = [(trade.time.ToNanoseconds(), trade.price, trade.size) for trade in message.trades]
    assert told == [(t, t * 0.5, t * 2.0) for t in ts[1000 : 1000 + count].tolist()]
