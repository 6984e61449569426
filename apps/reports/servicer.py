"""Reports on the wire. Translation only."""

from grpc.aio import ServicerContext

from adapters.wire.reports import parity_to_wire, row_to_wire
from adapters.wire.values import required
from apps.caller import current_caller
from apps.reports.compare_parity import CompareParity
from trademesh.reports.v1 import report_service_pb2 as pb
from trademesh.reports.v1 import report_service_pb2_grpc as rpc


class ReportServicer(rpc.ReportServiceServicer):
    """What happened, and why it was not the same twice."""

    def __init__(self, compare_parity: CompareParity) -> None:
        self._compare_parity = compare_parity

    async def CompareParity(
        self,
        request: pb.CompareParityRequest,
        context: ServicerContext[pb.CompareParityRequest, pb.CompareParityResponse],
    ) -> pb.CompareParityResponse:
        report, rows, token = await self._compare_parity(
            current_caller().tenant,
            required("left", request.left),
            request.right,
            show_equal=request.show_equal,
            size=request.page_size,
            token=request.page_token,
        )
        instrument = report.left.record.instrument
        return pb.CompareParityResponse(
            parity=parity_to_wire(report),
            rows=[row_to_wire(row, instrument) for row in rows],
            next_page_token=token,
        )
