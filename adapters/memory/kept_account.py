"""One account as the store in memory keeps it."""

from collections.abc import Iterable, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass, field

from domain.errors import NotFound
from domain.instruments import NANOSECONDS, Instrument
from domain.orders.book import AccountBook
from domain.orders.books import AccountState, Holding
from domain.orders.events import CapitalDeposited, Event, LedgerPosted
from domain.orders.groups.group import Group
from domain.orders.groups.record import OrderGroupRecord, group_record
from domain.orders.halts import Halt
from domain.orders.kept import Attempt, Kept, Market
from domain.orders.ledger import Ledger
from domain.orders.order import Order
from domain.orders.records import (
    AccountRecord,
    AccountTerms,
    FillRecord,
    LedgerRecord,
    OrderRecord,
    OrderTag,
    PositionRecord,
    account_record,
    order_record,
    position_record,
)
from domain.orders.state import OrderState
from domain.values import money_to_decimal

_WAITING = frozenset(
    {
        OrderState.CREATED,
        OrderState.SUBMITTED,
        OrderState.IN_DOUBT,
        OrderState.PENDING_CANCEL,
        OrderState.PENDING_REPLACE,
    }
)


@dataclass(slots=True)
class KeptAccount:
    """Everything that is kept of one account. Only `keep` changes it, all at once.

    A change works on copies: what it does to them is seen here when it is kept, or never.
    """

    tenant: str
    terms: AccountTerms
    place: int
    ledger: Ledger = field(default_factory=Ledger)
    reserved: int = 0
    holdings: dict[str, Holding] = field(default_factory=dict)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    marks: dict[str, float] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    tags: dict[int, OrderTag] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    working: dict[int, Order] = field(default_factory=dict)
    watched: dict[int, int] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    attempts: dict[tuple[int, int], Attempt] = field(default_factory=dict)
    fills: dict[str, FillRecord] = field(default_factory=dict)
    entries: list[tuple[str, Event]] = field(default_factory=list)
    recent: tuple[int, ...] = ()
    order_count: int = 0
    version: int = 0
    market: Market = field(default_factory=Market)
    report_count: int = 0

    def load(
        self, names: Iterable[str], asked_fills: Sequence[str], halts: tuple[Halt, ...]
    ) -> Kept:
        """What a change starts from: copies of what can change."""
        loaded = self.working
        for name in names:
            number = self.numbers.get(name)
            if number is not None and number not in loaded:
                loaded = {**loaded, number: self.orders[number]}
        groups = {one.group for one in loaded.values()} - {0}
        known = tuple(deepcopy(self.groups[number]) for number in sorted(groups))
        if known:
            legs = (number for group in known for number in group.orders)
            loaded = {**loaded, **{number: self.orders[number] for number in legs}}
        numbers = sorted(loaded)
        ledger = self.ledger
        return Kept(
            tenant=self.tenant,
            terms=self.terms,
            state=AccountState(
                Ledger(ledger.cash, ledger.positions, ledger.fees, ledger.capital, ledger.realised),
                tuple(self.holdings.values()),
                tuple([copy(loaded[number]) for number in numbers]),
                self.order_count,
                self.recent,
            ),
            version=self.version,
            instruments=self.instruments,
            marks=self.marks,
            tags={number: copy(self.tags[number]) for number in numbers},
            market=copy(self.market),
            report_count=self.report_count,
            fill_ids=frozenset(one for one in asked_fills if one in self.fills),
            halts=halts,
            groups=known,
        )

    def keep(self, book: AccountBook) -> None:
        """Takes in everything that the book was told."""
        self._keep_orders(book)
        self._keep_money(book)
        self.groups.update(book.groups.known)
        for attempt in (*book.attempts, *book.answers):
            self.attempts[attempt.number, attempt.attempt] = copy(attempt)
        for fill in book.fills:
            self.fills[fill.fill_id] = fill
        self.entries.extend(book.entries)
        self.version = book.version
        self.market = copy(book.market)
        self.report_count = book.report_count

    def _keep_orders(self, book: AccountBook) -> None:
        for order in book.changed_orders():
            number, tag = order.order_id, book.tag(order.order_id)
            self.orders[number], self.tags[number] = order, tag
            self.numbers[tag.order_id] = number
            if order.is_working:
                self.working[number] = order
            else:
                self.working.pop(number, None)
            if tag.watch_ts:
                self.watched[number] = tag.watch_ts
            else:
                self.watched.pop(number, None)
        self.order_count = book.account.order_count

    def _keep_money(self, book: AccountBook) -> None:
        account = book.account
        state = account.state()
        self.ledger, self.reserved = state.ledger, account.reserved
        newest = state.recent[-1] if state.recent else 0
        self.recent = tuple([ts for ts in state.recent if newest - ts < NANOSECONDS])
        self.holdings = {one.instrument_id: one for one in state.holdings}
        if len(self.instruments) != len(account.positions):
            self.instruments = {
                name: position.instrument for name, position in account.positions.items()
            }
        self.marks = {name: one.last for name, one in account.positions.items() if one.last}

    # what readers ask

    def unsettled(self, now: int) -> list[int]:
        """Orders that wait to be sent or for an answer, and absent ones still asked about."""
        waiting = {number for number, one in self.working.items() if one.state in _WAITING}
        return sorted(waiting | {number for number, until in self.watched.items() if until > now})

    def number_of(self, order_id: str) -> int:
        """The number of an order. Raises `NotFound` ORDER_NOT_FOUND."""
        number = self.numbers.get(order_id)
        if number is None:
            raise NotFound(f"no order {order_id}", reason="ORDER_NOT_FOUND", order_id=order_id)
        return number

    def order_record(self, number: int) -> OrderRecord:
        """The order as readers see it."""
        order = self.orders[number]
        instrument = self.instruments[order.instrument_id]
        return order_record(
            self.terms.account_id,
            order,
            self.tags[number],
            instrument.price_decimals,
            instrument.quantity_decimals,
        )

    def group_record(self, number: int) -> OrderGroupRecord:
        """The group as readers see it."""
        group = self.groups[number]
        instrument = self.instruments[group.instrument_id]
        return group_record(
            self.terms.account_id,
            group,
            [self.order_record(one) for one in group.orders],
            instrument.price_decimals,
            instrument.quantity_decimals,
        )

    def position_records(self) -> list[PositionRecord]:
        """Every position, flat ones too, by instrument."""
        return [
            position_record(
                self.terms.account_id,
                self.instruments[name],
                one.quantity,
                one.cost,
                one.realised,
                self.marks.get(name, 0.0),
            )
            for name, one in sorted(self.holdings.items())
        ]

    def record(self) -> AccountRecord:
        """The money as readers see it."""
        return account_record(
            self.terms, self.ledger, self.reserved, self.position_records(), self.version
        )

    def postings(self) -> list[LedgerRecord]:
        """The ledger, oldest first: its entries are among the account's events."""
        booked = iter(self.fills.values())
        found: list[LedgerRecord] = []
        cash = 0
        for _, event in self.entries:
            if isinstance(event, LedgerPosted):
                cash += event.cash
                fill = next(booked)
                fill_id, instrument_id = fill.fill_id, fill.instrument_id
                moved = (event.cash, event.basis, event.fee, 0, event.realised)
            elif isinstance(event, CapitalDeposited):
                cash += event.amount
                fill_id = instrument_id = ""
                moved = (event.amount, 0, 0, event.amount, 0)
            else:
                continue
            spent, basis, fee, capital, realised = map(money_to_decimal, moved)
            found.append(
                LedgerRecord(
                    len(found) + 1,
                    event.ts,
                    fill_id,
                    instrument_id,
                    spent,
                    basis,
                    fee,
                    capital,
                    realised,
                    money_to_decimal(cash),
                )
            )
        return found
