"""Keeps accounts: their orders, fills, positions, money, and the log of what happened to them."""

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from domain.orders.book import AccountBook
from domain.orders.groups.record import OrderGroupRecord
from domain.orders.records import (
    AccountKey,
    AccountRecord,
    AccountSnapshot,
    AccountTerms,
    FillRecord,
    LedgerRecord,
    OrderRecord,
    PositionRecord,
)
from ports.order_desk import AccountEntry
from ports.request_log import RequestKey

T = TypeVar("T")


class Change(Struct, Generic[T], frozen=True):
    """What a change gave. `repeated`: the request came before, this is its first answer.

    `to_send` names the orders that it left waiting to be sent, or with something to be sent.
    """

    value: T
    repeated: bool = False
    to_send: tuple[str, ...] = ()


class Request(Struct, Generic[T], frozen=True):
    """A change that a client asked for: whoever asks again gets the first answer, an `answer`."""

    key: RequestKey
    answer: type[T]


class OrderQuery(Struct, frozen=True):
    """Which orders of an account to list."""

    open_only: bool = False
    run_id: str = ""


class AccountStore(Protocol):
    """Every method sees one tenant's accounts only; another tenant's are not found.

    All but `create` and the lists raise `NotFound` ACCOUNT_NOT_FOUND.
    """

    async def create(
        self,
        tenant: str,
        terms: AccountTerms,
        decide: Callable[[AccountBook], T],
        *,
        request: Request[T] | None = None,
        rehearse: bool = False,
    ) -> Change[T]:
        """Opens an account, and changes it at once as `change` does."""
        ...

    async def change(
        self,
        tenant: str,
        account_id: str,
        decide: Callable[[AccountBook], T],
        *,
        orders: Sequence[str] = (),
        fills: Sequence[str] = (),
        request: Request[T] | None = None,
        rehearse: bool = False,
    ) -> Change[T]:
        """Lets `decide` change the account, in one transaction, alone.

        The book holds the orders that can still trade and, where they exist, those named in
        `orders`; and it knows which of `fills` are booked. Everything the book was told is kept
        when `decide` returns, with its events and, for a request, the answer; nothing when it
        raises. `decide` must be quick and must do nothing but change the book. A repeated request
        runs nothing. Raises `RequestIdReused` for one with another body. To `rehearse` is to
        decide and to keep nothing, whatever was asked before.
        """
        ...

    async def answered(self, request: Request[T]) -> T | None:
        """The first answer to this request, None for a new one. Raises `RequestIdReused`.

        It asks for no account: none is changed by it, and none need be there.
        """
        ...

    async def get(self, tenant: str, account_id: str) -> AccountRecord: ...

    async def snapshot(self, tenant: str, account_id: str) -> AccountSnapshot:
        """The account with what is open in it, and the event it stands at, of one moment."""
        ...

    async def accounts(
        self, tenant: str, *, before: int, limit: int
    ) -> Sequence[tuple[int, AccountRecord]]:
        """Newest first, each with its place; those before the place `before`, 0 for the first."""
        ...

    async def order(self, tenant: str, account_id: str, order_id: str) -> OrderRecord:
        """Raises `NotFound` ORDER_NOT_FOUND too."""
        ...

    async def orders(
        self, tenant: str, account_id: str, query: OrderQuery, *, before: int, limit: int
    ) -> Sequence[OrderRecord]:
        """Newest first; those with a number below `before`, 0 for the first."""
        ...

    async def order_group(self, tenant: str, account_id: str, group_id: str) -> OrderGroupRecord:
        """Raises `NotFound` ORDER_GROUP_NOT_FOUND too."""
        ...

    async def order_groups(
        self, tenant: str, account_id: str, query: OrderQuery, *, before: int, limit: int
    ) -> Sequence[OrderGroupRecord]:
        """Newest first; those with a number below `before`, 0 for the first."""
        ...

    async def fills(
        self, tenant: str, account_id: str, *, order_id: str, before: int, limit: int
    ) -> Sequence[tuple[int, FillRecord]]:
        """Newest first, each with its place; those before the place `before`, 0 for the first."""
        ...

    async def positions(
        self, tenant: str, account_id: str, *, after: str, limit: int
    ) -> Sequence[PositionRecord]:
        """Those that are not flat, by instrument, behind the instrument `after`."""
        ...

    async def ledger(
        self, tenant: str, account_id: str, *, before: int, limit: int
    ) -> Sequence[LedgerRecord]:
        """Newest first; those with a number below `before`, 0 for the first."""
        ...

    async def position(
        self, tenant: str, account_id: str, instrument_id: str
    ) -> PositionRecord | None:
        """The position in one instrument, flat or not; None where the account does not know it."""
        ...

    async def traded_by(self, tenant: str, account_id: str, run_id: str, instrument_id: str) -> int:
        """What the orders of a run have bought less what they have sold, scaled."""
        ...

    async def entries(
        self, tenant: str, account_id: str, *, after: int, limit: int
    ) -> Sequence[AccountEntry]:
        """The account's own log behind version `after`, in order."""
        ...

    async def report_count(self, tenant: str, account_id: str) -> int:
        """The last of the broker's reports that is booked."""
        ...

    async def unsettled(self) -> Sequence[tuple[AccountKey, str]]:
        """Orders of all tenants that wait to be sent or for an answer, oldest first.

        Those in CREATED, SUBMITTED, IN_DOUBT, PENDING_CANCEL and PENDING_REPLACE, and those
        presumed absent that are still watched.
        """
        ...

    async def keys(self) -> Sequence[AccountKey]:
        """Every account of every tenant: what a start has to look after."""
        ...
