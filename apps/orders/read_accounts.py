"""Accounts and what is in them, page by page."""

from collections.abc import Sequence
from typing import TypeVar

from apps.paging import Places, cut, page_size
from domain.errors import invalid
from domain.orders.groups.record import OrderGroupRecord
from domain.orders.records import (
    AccountKey,
    AccountRecord,
    FillRecord,
    LedgerRecord,
    OrderRecord,
    PositionRecord,
    position_record,
)
from ports.account_store import AccountStore, OrderQuery
from ports.instrument_store import InstrumentStore

T = TypeVar("T")

Page = tuple[Sequence[T], str]
"""Items, and the token of the next page: empty on the last one."""


class ReadAccounts:
    """Every method raises `NotFound` for what the tenant does not have.

    Pages raise `InvalidRequest` PAGE_SIZE_NEGATIVE and PAGE_TOKEN_INVALID: a token belongs to the
    query it came from.
    """

    def __init__(
        self, accounts: AccountStore, instruments: InstrumentStore, places: Places
    ) -> None:
        self._accounts = accounts
        self._instruments = instruments
        self._places = places

    async def account(self, account: AccountKey) -> AccountRecord:
        """One account."""
        return await self._accounts.get(account.tenant, account.account_id)

    async def order(self, account: AccountKey, order_id: str) -> OrderRecord:
        """One order."""
        return await self._accounts.order(account.tenant, account.account_id, order_id)

    async def accounts(self, tenant: str, size: int, token: str) -> Page[AccountRecord]:
        """Newest first."""
        query = ("accounts", tenant)
        size = page_size(size)
        before = self._number(query, token)
        found = await self._accounts.accounts(tenant, before=before, limit=size + 1)
        page, place = cut(found, size, lambda one: one[0])
        return [account for _, account in page], self._token(query, place)

    async def orders(
        self, account: AccountKey, wanted: OrderQuery, size: int, token: str
    ) -> Page[OrderRecord]:
        """Newest first."""
        query = ("orders", account.tenant, account.account_id, wanted.open_only, wanted.run_id)
        size = page_size(size)
        found = await self._accounts.orders(
            account.tenant,
            account.account_id,
            wanted,
            before=self._number(query, token),
            limit=size + 1,
        )
        page, place = cut(found, size, lambda order: order.number)
        return page, self._token(query, place)

    async def order_group(self, account: AccountKey, group_id: str) -> OrderGroupRecord:
        """One group with its orders."""
        return await self._accounts.order_group(account.tenant, account.account_id, group_id)

    async def order_groups(
        self, account: AccountKey, wanted: OrderQuery, size: int, token: str
    ) -> Page[OrderGroupRecord]:
        """Newest first."""
        query = ("groups", account.tenant, account.account_id, wanted.open_only, wanted.run_id)
        size = page_size(size)
        found = await self._accounts.order_groups(
            account.tenant,
            account.account_id,
            wanted,
            before=self._number(query, token),
            limit=size + 1,
        )
        page, place = cut(found, size, lambda group: group.number)
        return page, self._token(query, place)

    async def fills(
        self, account: AccountKey, order_id: str, size: int, token: str
    ) -> Page[FillRecord]:
        """Newest first; those of one order where `order_id` is given."""
        query = ("fills", account.tenant, account.account_id, order_id)
        size = page_size(size)
        found = await self._accounts.fills(
            account.tenant,
            account.account_id,
            order_id=order_id,
            before=self._number(query, token),
            limit=size + 1,
        )
        page, place = cut(found, size, lambda one: one[0])
        return [fill for _, fill in page], self._token(query, place)

    async def position(self, account: AccountKey, instrument: str) -> PositionRecord:
        """One position; flat where the account never traded the instrument.

        Raises `InvalidRequest` AMBIGUOUS_SYMBOL too.
        """
        known = await self._instruments.get(instrument)
        found = await self._accounts.position(
            account.tenant, account.account_id, known.instrument_id
        )
        return found or position_record(account.account_id, known, 0, 0, 0, 0.0)

    async def positions(self, account: AccountKey, size: int, token: str) -> Page[PositionRecord]:
        """By instrument, without the flat ones."""
        query = ("positions", account.tenant, account.account_id)
        size = page_size(size)
        found = await self._accounts.positions(
            account.tenant,
            account.account_id,
            after=str(self._places.place("page_token", query, token) or ""),
            limit=size + 1,
        )
        page, place = cut(found, size, lambda position: position.instrument_id)
        return page, self._token(query, place)

    async def ledger(self, account: AccountKey, size: int, token: str) -> Page[LedgerRecord]:
        """Newest first."""
        query = ("ledger", account.tenant, account.account_id)
        size = page_size(size)
        before = self._number(query, token)
        found = await self._accounts.ledger(
            account.tenant, account.account_id, before=before, limit=size + 1
        )
        page, place = cut(found, size, lambda entry: entry.number)
        return page, self._token(query, place)

    def _number(self, query: Sequence[object], token: str) -> int:
        place = self._places.place("page_token", query, token)
        if isinstance(place, str):
            raise invalid("page_token", "is not a token of this query", reason="PAGE_TOKEN_INVALID")
        return place or 0

    def _token(self, query: Sequence[object], place: str | int | None) -> str:
        return "" if place is None else self._places.token(query, place)
