"""Releases a trip. Nothing but this ever does."""

from domain.orders.kill_switch import check_reason
from domain.orders.risk.kept import TripRecord
from ports.request_log import RequestKey
from ports.risk_store import RiskStore


class ReleaseRiskTrip:
    """Kept with who, when and why."""

    def __init__(self, risk: RiskStore) -> None:
        self._risk = risk

    async def __call__(
        self, trip_id: str, reason: str, key: RequestKey, *, validate_only: bool = False
    ) -> TripRecord:
        """The trip, released; with `validate_only` as it would be.

        Raises `NotFound` TRIP_NOT_FOUND, `NotAllowedNow` TRIP_RELEASED, and `InvalidRequest` for
        the reason.
        """
        return await self._risk.release(
            key.tenant,
            trip_id,
            by=key.principal,
            reason=check_reason(reason, needed=True),
            request=None if validate_only else key,
            rehearse=validate_only,
        )
