"""Risk limits on the wire. Translation only."""

from collections.abc import Sequence

from grpc.aio import ServicerContext

from adapters.wire.risk import (
    change_to_wire,
    halt_to_wire,
    limits_from_wire,
    limits_to_wire,
    record_to_wire,
    trip_to_wire,
)
from adapters.wire.values import decimal_to_wire, missing, required
from apps.caller import current_caller
from apps.orders.risk.read_risk import ReadRisk
from apps.orders.risk.release_risk_trip import ReleaseRiskTrip
from apps.orders.risk.set_risk_limits import SetRiskLimits, WantedLimits
from apps.orders.risk.status import RiskStatus
from apps.requests import request_key
from domain.orders.records import AccountKey
from domain.orders.risk.kept import TripRecord
from domain.orders.risk.limits import Scope
from trademesh.orders.v1 import risk_pb2
from trademesh.orders.v1 import risk_service_pb2 as pb
from trademesh.orders.v1 import risk_service_pb2_grpc as rpc


class RiskServicer(rpc.RiskServiceServicer):
    """Limits that no order passes."""

    def __init__(self, read: ReadRisk, set_limits: SetRiskLimits, release: ReleaseRiskTrip) -> None:
        self._read = read
        self._set_limits = set_limits
        self._release = release

    async def GetRiskLimits(
        self,
        request: pb.GetRiskLimitsRequest,
        context: ServicerContext[pb.GetRiskLimitsRequest, pb.GetRiskLimitsResponse],
    ) -> pb.GetRiskLimitsResponse:
        scope = Scope(request.account_id, request.strategy_id, request.instrument_id)
        record = await self._read.limits(current_caller().tenant, scope)
        return pb.GetRiskLimitsResponse(risk_limits=record_to_wire(record))

    async def SetRiskLimits(
        self,
        request: pb.SetRiskLimitsRequest,
        context: ServicerContext[pb.SetRiskLimitsRequest, pb.SetRiskLimitsResponse],
    ) -> pb.SetRiskLimitsResponse:
        if not request.HasField("risk_limits"):
            raise missing("risk_limits")
        asked = request.risk_limits
        wanted = WantedLimits(
            asked.account_id,
            asked.strategy_id,
            asked.instrument_id,
            limits_from_wire("risk_limits.limits", asked.limits),
            asked.etag,
        )
        key = request_key(current_caller(), "SetRiskLimits", request.request_id, [wanted])
        record = await self._set_limits(wanted, key, validate_only=request.validate_only)
        return pb.SetRiskLimitsResponse(risk_limits=record_to_wire(record))

    async def ListRiskLimits(
        self,
        request: pb.ListRiskLimitsRequest,
        context: ServicerContext[pb.ListRiskLimitsRequest, pb.ListRiskLimitsResponse],
    ) -> pb.ListRiskLimitsResponse:
        page, token = await self._read.page(
            current_caller().tenant, request.account_id, request.page_size, request.page_token
        )
        return pb.ListRiskLimitsResponse(
            risk_limits=[record_to_wire(one) for one in page], next_page_token=token
        )

    async def ListRiskLimitChanges(
        self,
        request: pb.ListRiskLimitChangesRequest,
        context: ServicerContext[pb.ListRiskLimitChangesRequest, pb.ListRiskLimitChangesResponse],
    ) -> pb.ListRiskLimitChangesResponse:
        page, token = await self._read.changes(
            current_caller().tenant, request.page_size, request.page_token
        )
        return pb.ListRiskLimitChangesResponse(
            risk_limit_changes=[change_to_wire(one) for one in page], next_page_token=token
        )

    async def GetRiskStatus(
        self,
        request: pb.GetRiskStatusRequest,
        context: ServicerContext[pb.GetRiskStatusRequest, pb.GetRiskStatusResponse],
    ) -> pb.GetRiskStatusResponse:
        account_id = required("account_id", request.account_id)
        status, trips = await self._read.status(AccountKey(current_caller().tenant, account_id))
        return pb.GetRiskStatusResponse(risk_status=_status_to_wire(status, trips))

    async def ListRiskTrips(
        self,
        request: pb.ListRiskTripsRequest,
        context: ServicerContext[pb.ListRiskTripsRequest, pb.ListRiskTripsResponse],
    ) -> pb.ListRiskTripsResponse:
        page, token = await self._read.trips(
            current_caller().tenant,
            request.account_id,
            standing_only=request.standing_only,
            size=request.page_size,
            token=request.page_token,
        )
        return pb.ListRiskTripsResponse(
            risk_trips=[trip_to_wire(one) for one in page], next_page_token=token
        )

    async def ReleaseRiskTrip(
        self,
        request: pb.ReleaseRiskTripRequest,
        context: ServicerContext[pb.ReleaseRiskTripRequest, pb.ReleaseRiskTripResponse],
    ) -> pb.ReleaseRiskTripResponse:
        trip_id, reason = required("trip_id", request.trip_id), request.reason
        fields = [trip_id, reason]
        key = request_key(current_caller(), "ReleaseRiskTrip", request.request_id, fields)
        trip = await self._release(trip_id, reason, key, validate_only=request.validate_only)
        return pb.ReleaseRiskTripResponse(risk_trip=trip_to_wire(trip))


def _status_to_wire(status: RiskStatus, trips: Sequence[TripRecord]) -> risk_pb2.RiskStatus:
    wire = risk_pb2.RiskStatus(
        account_id=status.account_id,
        limits=limits_to_wire(status.limits),
        halts=[halt_to_wire(one) for one in status.halts],
        trips=[trip_to_wire(one) for one in trips],
        equity=decimal_to_wire(status.equity),
        gross_exposure=decimal_to_wire(status.gross_exposure),
        net_exposure=decimal_to_wire(status.net_exposure),
    )
    if (losses := status.losses) is not None:
        wire.day_equity = decimal_to_wire(losses.day_equity)
        wire.daily_loss = decimal_to_wire(losses.daily_loss)
        wire.peak_equity = decimal_to_wire(losses.peak_equity)
        wire.drawdown = decimal_to_wire(losses.drawdown)
    return wire
