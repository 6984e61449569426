"""Market data and imports on the wire: translation only."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import TypeAlias, TypeVar

import grpc
import msgspec

from adapters.wire.market_data import (
    action_to_wire,
    add_bars,
    adjustment_from_wire,
    import_to_wire,
    instrument_to_wire,
    optional_time,
    series_to_wire,
)
from adapters.wire.values import required
from apps.caller import current_caller
from apps.market_data.bar_query import BarQuery, checked_query
from apps.market_data.bar_reading import BarReading
from apps.market_data.create_import import CreateImport, WantedImport
from apps.market_data.stream_series import StreamSeries, batch_size
from apps.market_data.ticks.servicer import TickCalls
from apps.market_data.upload_chunk import UploadChunk
from apps.paging import Places, cut, page_size
from apps.requests import request_key
from apps.streams import Change, Present, Streams, settled
from domain.market_data.imports import Import
from ports.bar_store import BarStore
from ports.event_bus import EventBus
from ports.import_store import ImportStore
from ports.instrument_store import InstrumentStore
from ports.tick_store import TickStore
from trademesh.market_data.v1 import import_service_pb2 as ipb
from trademesh.market_data.v1 import import_service_pb2_grpc as imports_rpc
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
        stream_series: StreamSeries,
        places: Places,
    ) -> None:
        super().__init__(instruments, ticks, stream_series, places)
        self._bars = bars

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
        return pb.ListBarSeriesResponse(bar_series=map(series_to_wire, page), next_page_token=token)

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


class ImportServicer(imports_rpc.ImportServiceServicer):
    """Bars of one's own."""

    def __init__(
        self,
        imports: ImportStore,
        create_import: CreateImport,
        upload_chunk: UploadChunk,
        bus: EventBus,
        streams: Streams,
        places: Places,
    ) -> None:
        self._imports = imports
        self._create_import = create_import
        self._upload_chunk = upload_chunk
        self._bus = bus
        self._streams = streams
        self._places = places

    async def CreateImport(
        self,
        request: ipb.CreateImportRequest,
        context: "Context[ipb.CreateImportRequest, ipb.CreateImportResponse]",
    ) -> ipb.CreateImportResponse:
        one = getattr(request, "import")  # a keyword of ours, a plain name of theirs
        fields = (one.instrument_id, one.timeframe, one.time_zone, request.data)
        key = request_key(current_caller(), "CreateImport", request.request_id, fields)
        wanted = WantedImport(one.instrument_id, one.timeframe, one.time_zone)
        kept = await self._create_import(wanted, request.data, request=key)
        return ipb.CreateImportResponse(**{"import": import_to_wire(kept)})

    async def UploadImportChunk(
        self,
        request: ipb.UploadImportChunkRequest,
        context: "Context[ipb.UploadImportChunkRequest, ipb.UploadImportChunkResponse]",
    ) -> ipb.UploadImportChunkResponse:
        import_id = required("import_id", request.import_id)
        fields = (import_id, request.offset, request.data, request.last)
        key = request_key(current_caller(), "UploadImportChunk", request.request_id, fields)
        changed = await self._upload_chunk(
            import_id, request.offset, request.data, last=request.last, request=key
        )
        return ipb.UploadImportChunkResponse(**{"import": import_to_wire(changed)})

    async def GetImport(
        self,
        request: ipb.GetImportRequest,
        context: "Context[ipb.GetImportRequest, ipb.GetImportResponse]",
    ) -> ipb.GetImportResponse:
        import_id = required("import_id", request.import_id)
        found = await self._imports.get(current_caller().tenant, import_id)
        return ipb.GetImportResponse(**{"import": import_to_wire(found)})

    async def ListImports(
        self,
        request: ipb.ListImportsRequest,
        context: "Context[ipb.ListImportsRequest, ipb.ListImportsResponse]",
    ) -> ipb.ListImportsResponse:
        tenant, size = current_caller().tenant, page_size(request.page_size)
        query = ("imports", tenant)
        after = self._places.place("page_token", query, request.page_token)
        found = await self._imports.page(tenant, after=str(after or ""), limit=size + 1)
        page, place = cut(found, size, lambda one: one.import_id)
        return ipb.ListImportsResponse(
            imports=map(import_to_wire, page), next_page_token=_next(self._places, query, place)
        )

    async def WatchImport(
        self,
        request: ipb.WatchImportRequest,
        context: "Context[ipb.WatchImportRequest, ipb.WatchImportResponse]",
    ) -> AsyncIterator[ipb.WatchImportResponse]:
        import_id, tenant = required("import_id", request.import_id), current_caller().tenant
        await self._imports.get(tenant, import_id)

        async def load() -> tuple[Import, int]:
            return await settled(
                self._bus, "imports", import_id, lambda: self._imports.get(tenant, import_id)
            )

        news = self._streams.watch("imports", import_id, request.cursor, load)
        async with aclosing(news) as changes:
            async for change in changes:
                if isinstance(change, Present):
                    one = change.state
                elif isinstance(change, Change):
                    one = msgspec.msgpack.decode(change.event.payload, type=Import)
                else:
                    continue  # a gap: the present state follows
                yield ipb.WatchImportResponse(
                    cursor=change.cursor, **{"import": import_to_wire(one)}
                )
                if one.ended:
                    return


def _next(places: Places, query: Sequence[object], place: str | int | None) -> str:
    return "" if place is None else places.token(query, place)
