"""Quotes and trades on the wire: translation only."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeAlias, TypeVar

import grpc

from adapters.wire.market_data import optional_time
from adapters.wire.ticks import (
    TickRows,
    add_quotes,
    add_trades,
    tick_rows,
    tick_series_to_wire,
)
from apps.market_data.stream_series import StreamSeries, batch_size
from apps.market_data.ticks.tick_query import (
    TickQuery,
    checked_query,
    place_from_text,
    place_to_text,
)
from apps.market_data.ticks.tick_reading import TickReading
from apps.paging import Places, cut, page_size
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.tick_columns import TickColumns
from domain.market_data.ticks import T, TickPlace
from domain.market_data.trade_columns import TradeColumns
from ports.instrument_store import InstrumentStore
from ports.tick_store import TickStore
from trademesh.market_data.v1 import market_data_service_pb2 as pb
from trademesh.market_data.v1 import market_data_service_pb2_grpc as rpc

Q = TypeVar("Q")
A = TypeVar("A")
Context: TypeAlias = "grpc.aio.ServicerContext[Q, A]"

ListRequest: TypeAlias = pb.ListQuotesRequest | pb.ListTradesRequest
StreamRequest: TypeAlias = pb.StreamQuotesRequest | pb.StreamTradesRequest


class TickCalls(rpc.MarketDataServiceServicer):
    """The calls of MarketDataService that are about quotes and trades."""

    def __init__(
        self,
        instruments: InstrumentStore,
        ticks: TickStore,
        stream_series: StreamSeries,
        places: Places,
    ) -> None:
        self._instruments = instruments
        self._ticks = ticks
        self._stream_series = stream_series
        self._places = places

    async def ListQuotes(
        self,
        request: pb.ListQuotesRequest,
        context: "Context[pb.ListQuotesRequest, pb.ListQuotesResponse]",
    ) -> pb.ListQuotesResponse:
        page, token = await self._tick_page(request, QuoteColumns)
        response = pb.ListQuotesResponse(next_page_token=token)
        add_quotes(response, page)
        return response

    async def StreamQuotes(
        self,
        request: pb.StreamQuotesRequest,
        context: "Context[pb.StreamQuotesRequest, pb.StreamQuotesResponse]",
    ) -> AsyncIterator[pb.StreamQuotesResponse]:
        async with aclosing(self._tick_batches(request, QuoteColumns)) as batches:
            async for quotes, cursor in batches:
                response = pb.StreamQuotesResponse(cursor=cursor)
                quotes.add_to(response)
                yield response

    async def ListTrades(
        self,
        request: pb.ListTradesRequest,
        context: "Context[pb.ListTradesRequest, pb.ListTradesResponse]",
    ) -> pb.ListTradesResponse:
        page, token = await self._tick_page(request, TradeColumns)
        response = pb.ListTradesResponse(next_page_token=token)
        add_trades(response, page)
        return response

    async def StreamTrades(
        self,
        request: pb.StreamTradesRequest,
        context: "Context[pb.StreamTradesRequest, pb.StreamTradesResponse]",
    ) -> AsyncIterator[pb.StreamTradesResponse]:
        async with aclosing(self._tick_batches(request, TradeColumns)) as batches:
            async for trades, cursor in batches:
                response = pb.StreamTradesResponse(cursor=cursor)
                trades.add_to(response)
                yield response

    async def ListTickSeries(
        self,
        request: pb.ListTickSeriesRequest,
        context: "Context[pb.ListTickSeriesRequest, pb.ListTickSeriesResponse]",
    ) -> pb.ListTickSeriesResponse:
        query, size = ("tick_series",), page_size(request.page_size)
        after = str(self._places.place("page_token", query, request.page_token) or "")
        named = [(f"{one.instrument_id} {one.kind}", one) for one in await self._ticks.series()]
        page, place = cut([each for each in named if each[0] > after], size, lambda each: each[0])
        return pb.ListTickSeriesResponse(
            tick_series=[tick_series_to_wire(one) for _, one in page],
            next_page_token="" if place is None else self._places.token(query, place),
        )

    async def _tick_page(self, request: ListRequest, columns: type[T]) -> tuple[T, str]:
        """A page, and the token of the next one."""
        size = page_size(request.page_size)
        query = await self._tick_query(request, columns)
        place = self._tick_place(query, "page_token", request.page_token)
        found = await self._ticks.read(
            query.instrument_id,
            columns,
            start_ts=place.ts,
            end_ts=query.end_ts,
            skip=place.told,
            limit=size + 1,
        )
        page = found.slice(0, size)
        more = len(found) > size
        return page, self._tick_token(query, place.behind(page)) if more else ""

    async def _tick_batches(
        self, request: StreamRequest, columns: type[T]
    ) -> AsyncGenerator[tuple[TickRows[T], str], None]:
        """Batches, each with the cursor behind it."""
        size = batch_size(request.batch_size)
        query = await self._tick_query(request, columns)
        place = self._tick_place(query, "cursor", request.cursor)
        reading = TickReading(self._ticks, columns, query, place, tick_rows)
        stream = self._stream_series(reading, batch=size, follow=request.follow)
        async with aclosing(stream) as batches:
            async for batch in batches:
                place = place.behind(batch.ticks)
                yield batch, self._tick_token(query, place)

    async def _tick_query(
        self, request: ListRequest | StreamRequest, columns: type[TickColumns]
    ) -> TickQuery:
        return await checked_query(
            self._instruments,
            request.instrument_id,
            columns.kind,
            optional_time("start_time", request.start_time, request.HasField("start_time")),
            optional_time("end_time", request.end_time, request.HasField("end_time")),
        )

    def _tick_place(self, query: TickQuery, field: str, token: str) -> TickPlace:
        text = self._places.place(field, query.parts, token)
        return query.start if text is None else place_from_text(str(text))

    def _tick_token(self, query: TickQuery, place: TickPlace) -> str:
        return self._places.token(query.parts, place_to_text(place))
