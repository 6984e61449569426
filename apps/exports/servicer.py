"""Exports on the wire. Translation only."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from grpc.aio import ServicerContext

from adapters.wire.exports import (
    content_from_wire,
    export_to_wire,
    format_from_wire,
    piece_to_wire,
)
from adapters.wire.values import missing
from apps.caller import current_caller
from apps.exports.cancel_export import CancelExport
from apps.exports.create_export import CreateExport
from apps.exports.read_exports import ReadExports
from apps.exports.watch_export import WatchExport
from apps.requests import request_key
from domain.errors import under
from domain.exports.export import Export
from trademesh.exports.v1 import export_service_pb2 as pb
from trademesh.exports.v1 import export_service_pb2_grpc as rpc


class ExportServicer(rpc.ExportServiceServicer):
    """What the house keeps, as files."""

    def __init__(
        self, read: ReadExports, create: CreateExport, cancel: CancelExport, watch: WatchExport
    ) -> None:
        self._read = read
        self._create = create
        self._cancel = cancel
        self._watch = watch

    async def CreateExport(
        self,
        request: pb.CreateExportRequest,
        context: ServicerContext[pb.CreateExportRequest, pb.CreateExportResponse],
    ) -> pb.CreateExportResponse:
        if not request.HasField("export"):
            raise missing("export")
        caller = current_caller()
        fields = (request.export.SerializeToString(deterministic=True), request.validate_only)
        key = request_key(caller, "CreateExport", request.request_id, fields)
        with under("export"):
            export = await self._create(
                caller,
                content_from_wire(request.export),
                format_from_wire(request.export),
                validate_only=request.validate_only,
                request=key,
            )
        return pb.CreateExportResponse(export=export_to_wire(export))

    async def GetExport(
        self,
        request: pb.GetExportRequest,
        context: ServicerContext[pb.GetExportRequest, pb.GetExportResponse],
    ) -> pb.GetExportResponse:
        export = await self._read.get(current_caller().tenant, request.export_id)
        return pb.GetExportResponse(export=export_to_wire(export))

    async def ListExports(
        self,
        request: pb.ListExportsRequest,
        context: ServicerContext[pb.ListExportsRequest, pb.ListExportsResponse],
    ) -> pb.ListExportsResponse:
        page, token = await self._read.page(
            current_caller().tenant, request.page_size, request.page_token
        )
        return pb.ListExportsResponse(
            exports=[export_to_wire(one) for one in page], next_page_token=token
        )

    async def WatchExport(
        self,
        request: pb.WatchExportRequest,
        context: ServicerContext[pb.WatchExportRequest, pb.WatchExportResponse],
    ) -> AsyncIterator[pb.WatchExportResponse]:
        tenant = current_caller().tenant
        async with aclosing(self._watch(tenant, request.export_id, request.cursor)) as told:
            async for export, cursor in told:
                yield pb.WatchExportResponse(export=export_to_wire(export), cursor=cursor)

    async def CancelExport(
        self,
        request: pb.CancelExportRequest,
        context: ServicerContext[pb.CancelExportRequest, pb.CancelExportResponse],
    ) -> pb.CancelExportResponse:
        fields = (request.export_id, request.validate_only)
        key = request_key(current_caller(), "CancelExport", request.request_id, fields)
        export = await self._cancel(
            request.export_id, validate_only=request.validate_only, request=key
        )
        return pb.CancelExportResponse(export=export_to_wire(export))

    async def DownloadExport(
        self,
        request: pb.DownloadExportRequest,
        context: ServicerContext[pb.DownloadExportRequest, pb.DownloadExportResponse],
    ) -> AsyncIterator[pb.DownloadExportResponse]:
        async with aclosing(self._read.file(current_caller().tenant, request.export_id)) as pieces:
            named = False
            async for export, data in pieces:
                if not named:
                    await context.send_initial_metadata(_file_name(export))
                    named = True
                yield pb.DownloadExportResponse(body=piece_to_wire(export, data))


def _file_name(export: Export) -> tuple[tuple[str, str]]:
    """How a browser calls what it saves."""
    return (("content-disposition", f'attachment; filename="{export.file_name}"'),)
