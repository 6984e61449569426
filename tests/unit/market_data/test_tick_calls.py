"""Quotes and trades as a client gets them: through a real server with all interceptors."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import grpc
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.market_data.ticks import tick_reading
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.trade_columns import TradeColumns
from tests.unit.market_data.house import trades_at
from tests.unit.market_data.service import INVALID, Client, refused
from trademesh.market_data.v1 import market_data_service_pb2 as pb
from trademesh.market_data.v1 import tick_pb2

NAME = "AAPL.XNAS"
BUNCHED = [1, 5, 5, 5, 5, 5, 8, 9, 9, 9, 9]  # several at one instant


async def with_trades(client: Client, times: Sequence[int]) -> None:
    await client.house.ticks.append(NAME, TradeColumns, [trades_at(times)], source="import")


async def with_quotes(client: Client, times: Sequence[int]) -> None:
    ts = np.array(times, np.int64)
    bid = np.arange(len(ts)) + 1.0
    quotes = QuoteColumns(ts, bid, bid + 0.5, bid * 100, np.zeros(len(ts)))
    await client.house.ticks.append(NAME, QuoteColumns, [quotes], source="import")


def trades(**fields: Any) -> pb.StreamTradesRequest:
    return pb.StreamTradesRequest(instrument_id="AAPL", **fields)


def prices(message: Any) -> list[float]:
    return [trade.price for trade in message.trades]


async def rest_of(heard: AsyncIterator[Any], told: list[float]) -> None:
    async for message in heard:
        told += prices(message)


async def test_a_quote_and_a_trade_tell_all_there_is(client: Client) -> None:
    await with_quotes(client, [1_700_000_000_123_456_789])
    await with_trades(client, [-1])
    (quote,) = (await client.ListQuotes(pb.ListQuotesRequest(instrument_id="AAPL"))).quotes
    assert quote.time.ToNanoseconds() == 1_700_000_000_123_456_789
    assert (quote.bid, quote.ask, quote.bid_size, quote.ask_size) == (1, 1.5, 100, 0)
    (trade,) = (await client.ListTrades(pb.ListTradesRequest(instrument_id="AAPL"))).trades
    assert (trade.time.ToNanoseconds(), trade.price, trade.size) == (-1, 1, 100)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 11, 50])
async def test_pages_part_an_instant_without_losing_or_doubling(client: Client, size: int) -> None:
    await with_trades(client, BUNCHED)
    await with_quotes(client, BUNCHED)
    told, quoted, token, quote_token = [], [], "", ""
    for number in range(len(BUNCHED)):
        if number and not token:
            break
        page = {"instrument_id": "AAPL", "page_size": size}
        answer = await client.ListTrades(pb.ListTradesRequest(**page, page_token=token))
        told, token = told + prices(answer), answer.next_page_token
        quotes = await client.ListQuotes(pb.ListQuotesRequest(**page, page_token=quote_token))
        quoted += [quote.bid for quote in quotes.quotes]
        quote_token = quotes.next_page_token
    assert told == quoted == [n + 1 for n in range(len(BUNCHED))]
    assert token == quote_token == ""


async def test_a_stream_comes_in_batches_and_ends_with_the_last_tick(client: Client) -> None:
    await with_quotes(client, range(25))
    request = pb.StreamQuotesRequest(instrument_id="AAPL", batch_size=10)
    messages = [message async for message in client.StreamQuotes(request)]
    assert [len(message.quotes) for message in messages] == [10, 10, 5]
    assert [quote.bid for each in messages for quote in each.quotes] == [n + 1 for n in range(25)]


async def test_no_ticks_are_an_empty_page_and_a_stream_that_ends(client: Client) -> None:
    assert not (await client.ListQuotes(pb.ListQuotesRequest(instrument_id="AAPL"))).quotes
    assert [message async for message in client.StreamTrades(trades())] == []


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=12), piece=st.integers(1, 7))
async def test_a_stream_cut_anywhere_goes_on_within_an_instant(
    client: Client, sizes: list[int], piece: int
) -> None:
    await with_trades(client, BUNCHED)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tick_reading, "PIECE", piece)
        told, cursor = [], ""
        for size in (*sizes, 1024):
            stream = client.StreamTrades(trades(batch_size=size, cursor=cursor))
            async for message in stream:
                told += prices(message)
                cursor = message.cursor
                if size < 1024:
                    stream.cancel()
                    break
        assert told == [n + 1 for n in range(len(BUNCHED))]


async def test_a_range_takes_its_start_and_leaves_its_end(client: Client) -> None:
    await with_trades(client, BUNCHED)
    request = trades()
    request.start_time.FromNanoseconds(5)
    request.end_time.FromNanoseconds(9)
    assert [prices(each) async for each in client.StreamTrades(request)] == [[2, 3, 4, 5, 6, 7]]


async def test_a_stream_that_stays_hears_of_what_is_imported_later(client: Client) -> None:
    await with_trades(client, [1, 2])
    stream = client.StreamTrades(trades(follow=True))
    heard = aiter(stream)
    assert prices(await anext(heard)) == [1, 2]
    later = asyncio.ensure_future(anext(heard))
    await with_quotes(client, [3])  # of another kind: no news
    await client.house.ticks.append(
        NAME, TradeColumns, [trades_at([3, 4], prices=[30, 40])], source="import"
    )
    assert prices(await later) == [30, 40]
    stream.cancel()


async def test_a_stream_that_stays_ends_when_its_range_is_complete(client: Client) -> None:
    await with_trades(client, [1, 2])
    request = trades(follow=True)
    request.end_time.FromNanoseconds(4)
    heard = aiter(client.StreamTrades(request))
    await anext(heard)
    await client.house.ticks.append(
        NAME, TradeColumns, [trades_at([3, 3, 4], prices=[7, 8, 9])], source="import"
    )
    assert [prices(message) async for message in heard] == [[7, 8]]


async def test_a_drain_ends_a_waiting_stream_so_that_it_can_be_resumed(client: Client) -> None:
    await with_trades(client, [1, 2])
    stream = client.StreamTrades(trades(follow=True))
    assert (await anext(aiter(stream))).cursor
    client.drain.start()
    assert (await refused(stream))[:2] == (grpc.StatusCode.UNAVAILABLE, "SERVER_DRAINING")


async def test_a_drain_ends_a_stream_between_two_batches(client: Client) -> None:
    await with_trades(client, range(30_000))
    stream = client.StreamTrades(trades(batch_size=1))
    heard = aiter(stream)
    told = prices(await anext(heard))
    client.drain.start()
    assert (await refused(rest_of(heard, told)))[:2] == (
        grpc.StatusCode.UNAVAILABLE,
        "SERVER_DRAINING",
    )
    assert told == [n + 1 for n in range(len(told))]
    assert len(told) < 30_000


END_FIRST = {"start_time": {"seconds": 200}, "end_time": {"seconds": 100}}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"instrument_id": "NONE"}, (grpc.StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND", [])),
        ({"instrument_id": ""}, (INVALID, "MISSING_FIELD", ["instrument_id"])),
        (END_FIRST, (INVALID, "END_BEFORE_START", ["end_time"])),
        ({"start_time": {"seconds": 10**11}}, (INVALID, "BAD_TIME", ["start_time"])),
    ],
)
async def test_a_bad_query_says_what_is_wrong_in_lists_and_streams(
    client: Client, fields: dict[str, Any], expected: tuple[grpc.StatusCode, str, list[str]]
) -> None:
    query = {"instrument_id": "AAPL"} | fields
    calls: list[tuple[Callable[..., Any], Any]] = [
        (client.ListQuotes, pb.ListQuotesRequest(**query)),
        (client.ListTrades, pb.ListTradesRequest(**query)),
        (client.StreamQuotes, pb.StreamQuotesRequest(**query)),
        (client.StreamTrades, pb.StreamTradesRequest(**query)),
    ]
    for call, request in calls:
        assert await refused(call(request)) == expected


async def test_a_cursor_belongs_to_its_kind_and_its_range(client: Client) -> None:
    await with_trades(client, BUNCHED)
    cursor = (await anext(aiter(client.StreamTrades(trades(batch_size=1))))).cursor
    of_quotes = pb.StreamQuotesRequest(instrument_id="AAPL", cursor=cursor)
    refusal = (INVALID, "CURSOR_INVALID", ["cursor"])
    assert await refused(client.StreamQuotes(of_quotes)) == refusal
    elsewhere = trades(cursor=cursor)
    elsewhere.start_time.FromNanoseconds(5)
    assert await refused(client.StreamTrades(elsewhere)) == refusal
    negative = trades(batch_size=-1)
    assert (await refused(client.StreamTrades(negative)))[1:] == ("OUT_OF_RANGE", ["batch_size"])


async def test_the_catalogue_of_ticks_in_pages(client: Client) -> None:
    await with_trades(client, [3, 1_000_000_007])
    await with_quotes(client, [5])
    first = await client.ListTickSeries(pb.ListTickSeriesRequest(page_size=1))
    rest = await client.ListTickSeries(
        pb.ListTickSeriesRequest(page_size=1, page_token=first.next_page_token)
    )
    assert rest.next_page_token == ""
    quotes, kept = (*first.tick_series, *rest.tick_series)
    assert (quotes.kind, quotes.tick_count) == (tick_pb2.TICK_KIND_QUOTES, 1)
    assert (kept.instrument_id, kept.kind) == (NAME, tick_pb2.TICK_KIND_TRADES)
    assert (kept.tick_count, kept.source) == (2, "import")
    assert (kept.first_time.ToNanoseconds(), kept.last_time.ToNanoseconds()) == (3, 1_000_000_007)
