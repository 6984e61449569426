"""Reads limits, their history, trips, and how an account stands to all of it."""

from collections.abc import Sequence

from msgspec import structs

from apps.orders.risk.status import RiskStatus, status_of
from apps.paging import Places, cut, page_size
from domain.orders.records import AccountKey
from domain.orders.risk.kept import LimitsChange, LimitsRecord, TripRecord
from domain.orders.risk.limits import Scope
from ports.account_store import AccountStore
from ports.risk_store import RiskStore

MOST_TRIPS = 100


class ReadRisk:
    """A tenant reads its own."""

    def __init__(self, risk: RiskStore, accounts: AccountStore, places: Places) -> None:
        self._risk = risk
        self._accounts = accounts
        self._places = places

    async def limits(self, tenant: str, scope: Scope) -> LimitsRecord:
        """Those of exactly this scope, none where nobody has set any."""
        return await self._risk.limits(tenant, scope)

    async def page(
        self, tenant: str, account_id: str, size: int, token: str
    ) -> tuple[Sequence[LimitsRecord], str]:
        """The scopes that limit anything; with an account those that bind it."""
        query = ("risk_limits", tenant, account_id)
        place = self._places.place("page_token", query, token)
        size = page_size(size)
        found = await self._risk.page(
            tenant,
            account_id=account_id,
            after=Scope(*str(place).split("|")) if place is not None else None,
            limit=size + 1,
        )
        page, last = cut(found, size, lambda one: "|".join(structs.astuple(one.scope)))
        return page, "" if last is None else self._places.token(query, last)

    async def changes(
        self, tenant: str, size: int, token: str
    ) -> tuple[Sequence[LimitsChange], str]:
        """Newest first."""
        query = ("risk_limit_changes", tenant)
        before = self._places.place("page_token", query, token)
        size = page_size(size)
        found = await self._risk.changes(tenant, before=int(before or 0), limit=size + 1)
        page, last = cut(found, size, lambda one: one.number)
        return page, "" if last is None else self._places.token(query, last)

    async def trips(
        self, tenant: str, account_id: str, *, standing_only: bool, size: int, token: str
    ) -> tuple[Sequence[TripRecord], str]:
        """Newest first."""
        query = ("risk_trips", tenant, account_id, standing_only)
        before = self._places.place("page_token", query, token)
        size = page_size(size)
        found = await self._risk.trips(
            tenant,
            account_id=account_id,
            standing_only=standing_only,
            before=int(before or 0),
            limit=size + 1,
        )
        page, last = cut(found, size, lambda one: one[0])
        trips = [trip for _, trip in page]
        return trips, "" if last is None else self._places.token(query, last)

    async def status(self, account: AccountKey) -> tuple[RiskStatus, Sequence[TripRecord]]:
        """How the account stands now, and the trips that nobody has released, newest first."""
        look = await self._accounts.change(
            account.tenant, account.account_id, status_of, rehearse=True
        )
        trips = await self._risk.trips(
            account.tenant,
            account_id=account.account_id,
            standing_only=True,
            before=0,
            limit=MOST_TRIPS,
        )
        return look.value, [trip for _, trip in trips]
