"""Imports on the wire: translation only."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import TypeAlias, TypeVar

import grpc
import msgspec

from adapters.wire.imports import (
    content_from_wire,
    format_from_wire,
    import_to_wire,
    refused_row_to_wire,
    synthetic_from_wire,
)
from adapters.wire.quality import finding_to_wire
from adapters.wire.values import required
from apps.caller import current_caller
from apps.market_data.imports.cancel_import import CancelImport
from apps.market_data.imports.create_import import CreateImport
from apps.market_data.imports.import_terms import WantedImport
from apps.market_data.imports.upload_chunk import UploadChunk
from apps.paging import Places, cut, page_size
from apps.requests import request_key
from apps.streams import Change, Present, Streams, settled
from domain.market_data.imports import Import
from ports.event_bus import EventBus
from ports.import_store import ImportStore
from trademesh.market_data.v1 import import_pb2
from trademesh.market_data.v1 import import_service_pb2 as pb
from trademesh.market_data.v1 import import_service_pb2_grpc as rpc

Q = TypeVar("Q")
A = TypeVar("A")
Context: TypeAlias = "grpc.aio.ServicerContext[Q, A]"


class ImportServicer(rpc.ImportServiceServicer):
    """Bars, quotes and trades of one's own."""

    def __init__(
        self,
        imports: ImportStore,
        create_import: CreateImport,
        upload_chunk: UploadChunk,
        cancel_import: CancelImport,
        bus: EventBus,
        streams: Streams,
        places: Places,
    ) -> None:
        self._imports = imports
        self._create_import = create_import
        self._upload_chunk = upload_chunk
        self._cancel_import = cancel_import
        self._bus = bus
        self._streams = streams
        self._places = places

    async def CreateImport(
        self,
        request: pb.CreateImportRequest,
        context: "Context[pb.CreateImportRequest, pb.CreateImportResponse]",
    ) -> pb.CreateImportResponse:
        one = getattr(request, "import")  # a keyword of ours, a plain name of theirs
        wanted = _wanted(one)
        fields = (msgspec.to_builtins(wanted), request.data)
        key = request_key(current_caller(), "CreateImport", request.request_id, fields)
        kept = await self._create_import(
            wanted, request.data, request=key, validate_only=request.validate_only
        )
        return pb.CreateImportResponse(**{"import": import_to_wire(kept)})

    async def UploadImportChunk(
        self,
        request: pb.UploadImportChunkRequest,
        context: "Context[pb.UploadImportChunkRequest, pb.UploadImportChunkResponse]",
    ) -> pb.UploadImportChunkResponse:
        import_id = required("import_id", request.import_id)
        fields = (import_id, request.offset, request.data, request.last)
        key = request_key(current_caller(), "UploadImportChunk", request.request_id, fields)
        changed = await self._upload_chunk(
            import_id, request.offset, request.data, last=request.last, request=key
        )
        return pb.UploadImportChunkResponse(**{"import": import_to_wire(changed)})

    async def GetImport(
        self,
        request: pb.GetImportRequest,
        context: "Context[pb.GetImportRequest, pb.GetImportResponse]",
    ) -> pb.GetImportResponse:
        import_id = required("import_id", request.import_id)
        found = await self._imports.get(current_caller().tenant, import_id)
        return pb.GetImportResponse(**{"import": import_to_wire(found)})

    async def ListImports(
        self,
        request: pb.ListImportsRequest,
        context: "Context[pb.ListImportsRequest, pb.ListImportsResponse]",
    ) -> pb.ListImportsResponse:
        tenant, size = current_caller().tenant, page_size(request.page_size)
        query = ("imports", tenant)
        after = self._places.place("page_token", query, request.page_token)
        found = await self._imports.page(tenant, after=str(after or ""), limit=size + 1)
        page, place = cut(found, size, lambda one: one.import_id)
        return pb.ListImportsResponse(
            imports=map(import_to_wire, page), next_page_token=_next(self._places, query, place)
        )

    async def WatchImport(
        self,
        request: pb.WatchImportRequest,
        context: "Context[pb.WatchImportRequest, pb.WatchImportResponse]",
    ) -> AsyncIterator[pb.WatchImportResponse]:
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
                yield pb.WatchImportResponse(
                    cursor=change.cursor, **{"import": import_to_wire(one)}
                )
                if one.ended:
                    return

    async def CancelImport(
        self,
        request: pb.CancelImportRequest,
        context: "Context[pb.CancelImportRequest, pb.CancelImportResponse]",
    ) -> pb.CancelImportResponse:
        import_id = required("import_id", request.import_id)
        key = request_key(current_caller(), "CancelImport", request.request_id, (import_id,))
        changed = await self._cancel_import(
            import_id, request=key, validate_only=request.validate_only
        )
        return pb.CancelImportResponse(**{"import": import_to_wire(changed)})

    async def ListRefusedRows(
        self,
        request: pb.ListRefusedRowsRequest,
        context: "Context[pb.ListRefusedRowsRequest, pb.ListRefusedRowsResponse]",
    ) -> pb.ListRefusedRowsResponse:
        import_id, size = required("import_id", request.import_id), page_size(request.page_size)
        query = ("refused_rows", import_id)
        after = self._places.place("page_token", query, request.page_token)
        found = await self._imports.refused_rows(
            current_caller().tenant, import_id, after=int(after or 0), limit=size + 1
        )
        page, place = cut(found, size, lambda row: row.line)
        return pb.ListRefusedRowsResponse(
            refused_rows=map(refused_row_to_wire, page),
            next_page_token=_next(self._places, query, place),
        )

    async def ListImportFindings(
        self,
        request: pb.ListImportFindingsRequest,
        context: "Context[pb.ListImportFindingsRequest, pb.ListImportFindingsResponse]",
    ) -> pb.ListImportFindingsResponse:
        import_id, size = required("import_id", request.import_id), page_size(request.page_size)
        query = ("import_findings", import_id)
        after = self._places.place("page_token", query, request.page_token)
        found = await self._imports.findings(
            current_caller().tenant, import_id, after=str(after or ""), limit=size + 1
        )
        page, place = cut(found, size, lambda one: one[0])
        return pb.ListImportFindingsResponse(
            findings=[finding_to_wire(one) for _, one in page],
            next_page_token=_next(self._places, query, place),
        )


def _wanted(one: import_pb2.Import) -> WantedImport:
    return WantedImport(
        instrument_id=one.instrument_id,
        timeframe=one.timeframe,
        time_zone=one.time_zone,
        content=content_from_wire(one.content),
        format=format_from_wire(one.format),
        columns=dict(one.columns),
        delimiter=one.delimiter,
        skip_refused_rows=one.skip_refused_rows,
        synthetic=synthetic_from_wire(one.synthetic) if one.HasField("synthetic") else None,
    )


def _next(places: Places, query: Sequence[object], place: str | int | None) -> str:
    return "" if place is None else places.token(query, place)
