"""Reconciliations and breaks, page by page."""

from collections.abc import Sequence

from apps.paging import Places, cut, page_size
from domain.errors import invalid
from domain.orders.reconciliation.breaks import Break
from domain.orders.reconciliation.record import Reconciliation
from domain.orders.records import AccountKey
from ports.reconciliation_store import ReconciliationStore


class ReadReconciliations:
    """Every method raises `NotFound` for what the tenant does not have.

    Pages raise `InvalidRequest` PAGE_SIZE_NEGATIVE and PAGE_TOKEN_INVALID.
    """

    def __init__(self, store: ReconciliationStore, places: Places) -> None:
        self._store = store
        self._places = places

    async def get(self, account: AccountKey, reconciliation_id: str) -> Reconciliation:
        """One reconciliation."""
        return await self._store.get(account.tenant, account.account_id, reconciliation_id)

    async def get_break(self, account: AccountKey, break_id: str) -> Break:
        """One break."""
        return await self._store.get_break(account.tenant, account.account_id, break_id)

    async def page(
        self, account: AccountKey, size: int, token: str
    ) -> tuple[Sequence[Reconciliation], str]:
        """Newest first."""
        query = ("reconciliations", account.tenant, account.account_id)
        size = page_size(size)
        found = await self._store.page(
            account.tenant, account.account_id, before=self._before(query, token), limit=size + 1
        )
        page, place = cut(found, size, lambda one: one[0])
        return [one for _, one in page], self._token(query, place)

    async def breaks(
        self, account: AccountKey, size: int, token: str, *, open_only: bool
    ) -> tuple[Sequence[Break], str]:
        """Newest first."""
        query = ("breaks", account.tenant, account.account_id, open_only)
        size = page_size(size)
        found = await self._store.breaks(
            account.tenant,
            account.account_id,
            open_only=open_only,
            before=self._before(query, token),
            limit=size + 1,
        )
        page, place = cut(found, size, lambda one: one[0])
        return [one for _, one in page], self._token(query, place)

    async def named(self, account: AccountKey, break_ids: Sequence[str]) -> list[Break]:
        """The breaks of a reconciliation, as they stand now."""
        return [await self.get_break(account, break_id) for break_id in break_ids]

    def _before(self, query: Sequence[object], token: str) -> int:
        place = self._places.place("page_token", query, token)
        if isinstance(place, str):
            raise invalid("page_token", "is not a token of this query", reason="PAGE_TOKEN_INVALID")
        return place or 0

    def _token(self, query: Sequence[object], place: str | int | None) -> str:
        return "" if place is None else self._places.token(query, place)
