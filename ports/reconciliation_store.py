"""Keeps reconciliations and breaks, and shows an account's books to compare."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.orders.reconciliation.books import Books
from domain.orders.reconciliation.breaks import Break
from domain.orders.reconciliation.record import Reconciliation
from domain.orders.records import FillRecord
from ports.request_log import RequestKey


class ReconciliationStore(Protocol):
    """Breaks are changed with their account (`AccountStore.change`), in the same transaction.

    Every method raises `NotFound` ACCOUNT_NOT_FOUND for another tenant's account.
    """

    async def books(
        self,
        tenant: str,
        account_id: str,
        *,
        after: int,
        orders: Sequence[str] = (),
        fills: Mapping[str, str] = ...,
        all_fills: bool = False,
        most: int = 0,
    ) -> Books:
        """The account at one moment, with its log behind `after`, or the first `most` events of it.

        Says which of `fills` are booked; each has the name of its order. Names the orders that can
        still trade and, where they exist, those in `orders` and of the fills that are not booked.
        Lists all fills if asked to.
        """
        ...

    async def fill(self, tenant: str, account_id: str, fill_id: str) -> FillRecord | None:
        """A fill that was not taken back; None where there is none."""
        ...

    async def keep(
        self, made: Reconciliation, *, request: RequestKey | None = None
    ) -> Reconciliation:
        """Keeps a reconciliation, or carries the account's last one on where `extended` says so.

        The same request gives its first answer. Raises `RequestIdReused`.
        """
        ...

    async def answered(self, request: RequestKey) -> Reconciliation | None:
        """The first answer to this request. Raises `RequestIdReused`."""
        ...

    async def get(self, tenant: str, account_id: str, reconciliation_id: str) -> Reconciliation:
        """Raises `NotFound` RECONCILIATION_NOT_FOUND too."""
        ...

    async def page(
        self, tenant: str, account_id: str, *, before: int, limit: int
    ) -> Sequence[tuple[int, Reconciliation]]:
        """Newest first, each with its place; those before the place `before`, 0 for the first."""
        ...

    async def get_break(self, tenant: str, account_id: str, break_id: str) -> Break:
        """Raises `NotFound` BREAK_NOT_FOUND too."""
        ...

    async def breaks(
        self, tenant: str, account_id: str, *, open_only: bool, before: int, limit: int
    ) -> Sequence[tuple[int, Break]]:
        """Newest first, each with its place; those before the place `before`, 0 for the first."""
        ...
