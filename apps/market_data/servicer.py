"""Market data on the wire: translation only."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import TypeAlias, TypeVar

import grpc

from adapters.wire.market_data import (
    action_to_wire,
    add_bars,
    adjustment_from_wire,
    instrument_to_wire,
    optional_time,
    series_to_wire,
)
from adapters.wire.quality import finding_to_wire
from adapters.wire.values import required
from apps.caller import current_caller
from apps.market_data.bar_query import BarQuery, checked_query
from apps.market_data.bar_reading import BarReading
from apps.market_data.check_bars import CheckBars
from apps.market_data.stream_series import StreamSeries, batch_size
from apps.market_data.ticks.servicer import TickCalls
from apps.paging import Places, cut, page_size
from apps.requests import request_key
from ports.bar_store import BarStore
from ports.instrument_store import InstrumentStore
from ports.quality_store import QualityStore
from ports.tick_store import TickStore
from trademesh.market_data.v1 import market_data_service_pb2 as pb

Q = TypeVar("Q")
A = TypeVar("A")
T = TypeVar("T")
Context: TypeAlias = "grpc.aio.ServicerContext[Q, A]"


class MarketDataServicer(TickCalls):
    """Instruments and their history."""

    def __init__(
        self,
        instruments: InstrumentStore,
        bars: BarStore,
        ticks: TickStore,
        quality: QualityStore,
        check_bars: CheckBars,
        stream_series: StreamSeries,
        places: Places,
    ) -> None:
        super().__init__(instruments, ticks, stream_series, places)
        self._bars = bars
        self._quality = quality
        self._check_bars = check_bars

    async def ListInstruments(
        self,
        request: pb.ListInstrumentsRequest,
        context: "Context[pb.ListInstrumentsRequest, pb.ListInstrumentsResponse]",
    ) -> pb.ListInstrumentsResponse:
        query, size = ("instruments",), page_size(request.page_size)
        after = self._places.place("page_token", query, request.page_token)
        found = await self._instruments.page(after=str(after or ""), limit=size + 1)
        page, place = cut(found, size, lambda one: one.instrument_id)
        return pb.ListInstrumentsResponse(
            instruments=map(instrument_to_wire, page),
            next_page_token=_next(self._places, query, place),
        )

    async def GetInstrument(
        self,
        request: pb.GetInstrumentRequest,
        context: "Context[pb.GetInstrumentRequest, pb.GetInstrumentResponse]",
    ) -> pb.GetInstrumentResponse:
        found = await self._instruments.get(required("instrument_id", request.instrument_id))
        return pb.GetInstrumentResponse(instrument=instrument_to_wire(found))

    async def ListBars(
        self,
        request: pb.ListBarsRequest,
        context: "Context[pb.ListBarsRequest, pb.ListBarsResponse]",
    ) -> pb.ListBarsResponse:
        size = page_size(request.page_size)
        query = await self._query(request)
        after = self._places.place("page_token", query.parts, request.page_token)
        found = await self._bars.read(
            query.instrument_id,
            query.timeframe,
            start_ts=query.start_ts if after is None else int(after) + 1,
            end_ts=query.end_ts,
            limit=size + 1,
            adjustment=query.adjustment,
        )
        page = found.slice(0, size)
        place = int(page.open_ts[-1]) if len(found) > size else None
        response = pb.ListBarsResponse(next_page_token=_next(self._places, query.parts, place))
        add_bars(response, page)
        return response

    async def StreamBars(
        self,
        request: pb.StreamBarsRequest,
        context: "Context[pb.StreamBarsRequest, pb.StreamBarsResponse]",
    ) -> AsyncIterator[pb.StreamBarsResponse]:
        size = batch_size(request.batch_size)
        query = await self._query(request)
        after = self._places.place("cursor", query.parts, request.cursor)
        reading = BarReading(self._bars, query, None if after is None else int(after))
        stream = self._stream_series(reading, batch=size, follow=request.follow)
        async with aclosing(stream) as batches:
            async for columns in batches:
                place = int(columns.open_ts[-1])
                response = pb.StreamBarsResponse(cursor=self._places.token(query.parts, place))
                add_bars(response, columns)
                yield response

    async def ListCorporateActions(
        self,
        request: pb.ListCorporateActionsRequest,
        context: "Context[pb.ListCorporateActionsRequest, pb.ListCorporateActionsResponse]",
    ) -> pb.ListCorporateActionsResponse:
        name = (
            await self._instruments.get(required("instrument_id", request.instrument_id))
        ).instrument_id
        actions = await self._instruments.corporate_actions(name)
        page, token = self._page(
            request,
            ("corporate_actions", name),
            actions,
            lambda one: f"{one.ex_date.isoformat()} {type(one).__name__.lower()}",
        )
        return pb.ListCorporateActionsResponse(
            corporate_actions=[action_to_wire(name, one) for one in page], next_page_token=token
        )

    async def ListBarSeries(
        self,
        request: pb.ListBarSeriesRequest,
        context: "Context[pb.ListBarSeriesRequest, pb.ListBarSeriesResponse]",
    ) -> pb.ListBarSeriesResponse:
        page, token = self._page(
            request,
            ("bar_series",),
            await self._bars.series(),
            lambda one: f"{one.instrument_id} {one.timeframe}",
        )
        looks = await self._quality.all()
        return pb.ListBarSeriesResponse(
            bar_series=[
                series_to_wire(one, looks.get((one.instrument_id, one.timeframe))) for one in page
            ],
            next_page_token=token,
        )

    async def CheckBars(
        self,
        request: pb.CheckBarsRequest,
        context: "Context[pb.CheckBarsRequest, pb.CheckBarsResponse]",
    ) -> pb.CheckBarsResponse:
        name = required("instrument_id", request.instrument_id)
        timeframe = required("timeframe", request.timeframe)
        key = request_key(current_caller(), "CheckBars", request.request_id, (name, timeframe))
        checked = await self._check_bars(name, timeframe, request=key)
        return pb.CheckBarsResponse(
            bar_series=series_to_wire(checked.series, checked.quality),
            findings=map(finding_to_wire, checked.findings),
        )

    async def _query(self, request: pb.ListBarsRequest | pb.StreamBarsRequest) -> BarQuery:
        return await checked_query(
            self._instruments,
            request.instrument_id,
            request.timeframe,
            optional_time("start_time", request.start_time, request.HasField("start_time")),
            optional_time("end_time", request.end_time, request.HasField("end_time")),
            adjustment_from_wire(request.adjustment),
        )

    def _page(
        self,
        request: pb.ListCorporateActionsRequest | pb.ListBarSeriesRequest,
        query: Sequence[object],
        items: Sequence[T],
        place_of: Callable[[T], str],
    ) -> tuple[Sequence[T], str]:
        """A page of a short list that is sorted by its places."""
        size = page_size(request.page_size)
        after = str(self._places.place("page_token", query, request.page_token) or "")
        page, place = cut([one for one in items if place_of(one) > after], size, place_of)
        return page, _next(self._places, query, place)


def _next(places: Places, query: Sequence[object], place: str | int | None) -> str:
    return "" if place is None else places.token(query, place)
