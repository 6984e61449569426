"""Orders and fills of one account, oldest first; the store tells them newest first."""

from collections.abc import Sequence

from apps.exports.sources.rows import PIECE, Pieces, Rows
from apps.exports.sources.tables import FILLS, ORDERS, fill_row, order_row
from domain.exports.export import AccountContent
from ports.account_store import AccountStore, OrderQuery


class AccountRows:
    """What comes after the export was asked for is not in it."""

    def __init__(self, accounts: AccountStore) -> None:
        self._accounts = accounts

    async def __call__(self, tenant: str, content: AccountContent) -> Rows:
        """Raises NotFound (ACCOUNT_NOT_FOUND)."""
        account_id = content.account_id
        if content.what == "orders":
            count = await self._newest_order(tenant, account_id)
            return Rows(ORDERS, count, lambda: self._orders(tenant, account_id, count))
        starts, count = await self._fill_pages(tenant, account_id)
        return Rows(FILLS, count, lambda: self._fills(tenant, account_id, starts))

    async def _newest_order(self, tenant: str, account_id: str) -> int:
        newest = await self._accounts.orders(tenant, account_id, OrderQuery(), before=0, limit=1)
        return newest[0].number if newest else 0

    async def _orders(self, tenant: str, account_id: str, count: int) -> Pieces:
        """Orders are numbered without a hole, so each piece is known by its numbers."""
        for first in range(1, count + 1, PIECE):
            last = min(first + PIECE - 1, count)
            newest_first = await self._accounts.orders(
                tenant, account_id, OrderQuery(), before=last + 1, limit=last - first + 1
            )
            yield [order_row(order) for order in reversed(newest_first)]

    async def _fill_pages(self, tenant: str, account_id: str) -> tuple[list[int], int]:
        """Behind which place each page of fills starts, newest first, and how many fills."""
        starts: list[int] = []
        count = before = 0
        while page := await self._accounts.fills(
            tenant, account_id, order_id="", before=before, limit=PIECE
        ):
            starts.append(page[0][0] + 1)
            count, before = count + len(page), page[-1][0]
        return starts, count

    async def _fills(self, tenant: str, account_id: str, starts: Sequence[int]) -> Pieces:
        for before in reversed(starts):
            newest_first = await self._accounts.fills(
                tenant, account_id, order_id="", before=before, limit=PIECE
            )
            yield [fill_row(fill) for _, fill in reversed(newest_first)]
