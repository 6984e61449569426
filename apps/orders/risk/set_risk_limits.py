"""Sets the limits of a scope."""

from msgspec import Struct

from domain.errors import Conflict, NotFound, under
from domain.orders.risk.kept import LimitsRecord
from domain.orders.risk.limits import Limits, Scope, check_limits
from ports.instrument_store import InstrumentStore
from ports.ownership import OwnedKind, Ownership
from ports.request_log import RequestKey
from ports.risk_store import RiskStore

FIELD = "risk_limits"


class WantedLimits(Struct, frozen=True):
    """All limits of one scope; `instrument` is an id or a bare symbol. An empty etag fits any."""

    account_id: str
    strategy_id: str
    instrument: str
    limits: Limits
    etag: str = ""


class SetRiskLimits:
    """Binds the next order of every account in the scope; what works already stays."""

    def __init__(self, risk: RiskStore, ownership: Ownership, instruments: InstrumentStore) -> None:
        self._risk = risk
        self._ownership = ownership
        self._instruments = instruments

    async def __call__(
        self, wanted: WantedLimits, key: RequestKey, *, validate_only: bool = False
    ) -> LimitsRecord:
        """The limits as they were kept; with `validate_only` as they would be.

        Raises `NotFound` for what the scope names, what `check_limits` raises, and `Conflict`
        ETAG_MISMATCH.
        """
        with under(FIELD):
            scope = await self._scope(key.tenant, wanted)
        with under(f"{FIELD}.limits"):
            check_limits(scope, wanted.limits)

        def check(kept: LimitsRecord) -> None:
            if wanted.etag and wanted.etag != str(kept.version):
                raise Conflict(
                    "somebody else has set these limits meanwhile: read them again",
                    reason="ETAG_MISMATCH",
                    etag=str(kept.version),
                )

        return await self._risk.set_limits(
            scope,
            wanted.limits,
            by=key.principal,
            check=check,
            tenant=key.tenant,
            request=None if validate_only else key,
            rehearse=validate_only,
        )

    async def _scope(self, tenant: str, wanted: WantedLimits) -> Scope:
        for kind, name in (
            (OwnedKind.ACCOUNT, wanted.account_id),
            (OwnedKind.STRATEGY, wanted.strategy_id),
        ):
            if name and not await self._ownership.belongs(tenant, kind, name):
                raise NotFound(
                    f"There is no {kind} {name}.",
                    reason=f"{kind.upper()}_NOT_FOUND",
                    **{f"{kind}_id": name},
                )
        instrument_id = ""
        if wanted.instrument:
            instrument_id = (await self._instruments.get(wanted.instrument)).instrument_id
        return Scope(wanted.account_id, wanted.strategy_id, instrument_id)
