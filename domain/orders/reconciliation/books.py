"""Our two sides of a reconciliation: what the books say, and what the log makes of them."""

from collections.abc import Collection, Mapping
from typing import TypeGuard

from msgspec import Struct

from domain.errors import DomainError
from domain.instruments import Instrument
from domain.orders.account import Account
from domain.orders.events import (
    BooksAdjusted,
    CapitalDeposited,
    Event,
    LedgerPosted,
    OrderCreated,
    OrderEvent,
)
from domain.orders.ledger import Ledger
from domain.orders.order import Order
from domain.orders.reconciliation.breaks import Rebuilt
from domain.orders.records import AccountTerms, FillRecord
from domain.orders.state import ENDED, OrderState
from domain.orders.statement import ExecutionReport

MOST_HELD = 2_000


class KeptOrder(Struct, frozen=True):
    """An order of ours as the books have it. `quantity` is what its present terms ask for."""

    order_id: str
    number: int
    state: OrderState
    quantity: int
    filled_quantity: int
    broker_order_id: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it can trade no more."""
        return self.state in ENDED


class Books(Struct, frozen=True):
    """An account as its rows say, at one moment."""

    terms: AccountTerms
    version: int
    report_count: int
    market_run_id: str
    now: int
    """The account's own clock: that of a replay, or 0 where none drives it."""
    ledger: Ledger
    entries: Ledger
    """What the entries of the ledger come to since the version asked for."""
    holdings: dict[str, tuple[int, int, int]]
    """Quantity, cost and realised profit by instrument; flat ones too."""
    instruments: dict[str, Instrument]
    orders: dict[str, KeptOrder]
    """By name: those that can still trade, and those asked for."""
    booked: frozenset[str]
    """Of the fills asked for, those that are booked and were not taken back."""
    fills: tuple[FillRecord, ...] | None
    """All that were not taken back; None when they were not asked for."""
    strays: tuple[ExecutionReport, ...]
    """Reports about orders that we did not know when they came."""
    log: tuple[tuple[int, Event], ...]
    """The events of the account behind the version asked for, with their versions; the first of
    them where not all were asked for, and `entries` no further then."""


class LogBroken(DomainError):
    """The log cannot be told again: an event is missing, or contradicts those before it."""

    default_reason = "LOG_BROKEN"

    def __init__(self, message: str, *, forgotten: int = 0) -> None:
        """`forgotten` is the order that a shadow would have had to keep to understand it."""
        super().__init__(message)
        self.forgotten = forgotten


class Shadow:
    """The account that its log makes; goes on from where it was as the log grows.

    Of filled orders it knows the newest, and those in `keep`.
    """

    def __init__(self, keep: Collection[int] = ()) -> None:
        self.version = 0
        self.entries = Ledger()
        self._keep = keep
        self._kept: dict[int, Order] = {}
        self._newest: dict[int, Order] = {}
        self._account: Account | None = None
        self._instruments: dict[str, Instrument] = {}

    @property
    def ledger(self) -> Ledger:
        """The money."""
        return Ledger() if self._account is None else self._account.ledger

    @property
    def holdings(self) -> dict[str, tuple[int, int, int]]:
        """Quantity, cost and realised profit by instrument."""
        if self._account is None:
            return {}
        return {
            name: (one.quantity, one.cost, one.realised)
            for name, one in self._account.positions.items()
        }

    @property
    def working(self) -> Mapping[int, Order]:
        """Orders that can still trade, by number."""
        return {} if self._account is None else self._account.orders

    def rebuilt(self) -> Rebuilt:
        """What the books should be."""
        one = self.ledger
        kept = Ledger(one.cash, one.positions, one.fees, one.capital, one.realised)
        return Rebuilt(self.version, kept, self.holdings)

    def follow(self, books: Books) -> None:
        """Take in what happened since. Raises `LogBroken`; the shadow is of no more use then."""
        self.tell(books)
        if self.version != books.version:
            raise LogBroken(f"the log ends at {self.version}, the books are at {books.version}")

    def tell(self, books: Books) -> None:
        """Take in a part of the log, which need not be all there is. Raises `LogBroken`."""
        account = self._account
        if account is None:
            account = Account(self._instruments, books.terms.limits, self._record)
            self._account = account
        self._instruments.update(books.instruments)
        for version, event in books.log:
            if version != self.version + 1:
                raise LogBroken(f"event {self.version + 1} of the log is missing")
            self._apply(account, version, event)
            self.version = version
        self.entries = _sum(self.entries, books.entries)

    def _apply(self, account: Account, version: int, event: Event) -> None:
        if _of_order(event) and not isinstance(event, OrderCreated):
            number = event.order_id
            if number not in account.orders and number not in account.ended:
                order = self._kept.get(number) or self._newest.get(number)
                if order is None:
                    raise LogBroken(f"order {number} is not known any more", forgotten=number)
                account.ended[number] = order
        try:
            account.apply(event)
        except DomainError as error:
            raise LogBroken(
                f"event {version} of the log contradicts those before: {error.message}"
            ) from error

    def _record(self, event: Event) -> None:
        """A filled order is no part of an account any more, and late news may come about it."""
        if not isinstance(event, OrderCreated):
            return
        assert self._account is not None
        order = self._account.orders[event.order_id]
        if event.order_id in self._keep:
            self._kept[event.order_id] = order
        self._newest[event.order_id] = order
        if len(self._newest) > MOST_HELD:
            del self._newest[next(iter(self._newest))]


def _of_order(event: Event) -> TypeGuard[OrderEvent]:
    """Whether it is about one order, and not about the money."""
    return not isinstance(event, CapitalDeposited | BooksAdjusted | LedgerPosted)


def _sum(one: Ledger, two: Ledger) -> Ledger:
    return Ledger(
        one.cash + two.cash,
        one.positions + two.positions,
        one.fees + two.fees,
        one.capital + two.capital,
        one.realised + two.realised,
    )
