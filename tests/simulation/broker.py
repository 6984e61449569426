"""The broker of the simulation: its own book is the truth, whatever we hear of it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from domain.instruments import NANOSECONDS, Instrument
from domain.orders.request import OrderType, Side, TimeInForce
from ports.broker import (
    Ack,
    BrokerOrder,
    BrokerRejected,
    Capabilities,
    Execution,
    ExecutionReport,
    Found,
    Question,
    ReportKind,
    StatedOrder,
    Statement,
    Terms,
)
from tests.simulation.dice import Dice

EPOCH = 1_700_000_000 * NANOSECONDS
"""When a simulation begins."""
NOT_UNIQUE = "CLIENT_ORDER_ID_NOT_UNIQUE"
NOT_TODAY = "NOT_TODAY"
NOT_WORKING = "ORDER_NOT_WORKING"
REPORT_LATE_SECONDS = 20.0
QUESTION_STALE_SECONDS = 5.0


@dataclass(slots=True, eq=False)
class Working:
    """One order at the broker; ended ones stay known."""

    broker_order_id: str
    wanted: BrokerOrder
    terms: Terms
    visible_from: float
    twin: bool = False
    """The broker made two of one sending: nothing of ours could prevent that."""
    filled: int = 0
    value: int = 0
    is_working: bool = True
    told_until: float = 0.0

    @property
    def open_quantity(self) -> int:
        return self.terms.quantity - self.filled if self.is_working else 0


@dataclass(slots=True)
class Limits:
    """What the account may never have at the broker, however its orders fill."""

    max_position: int
    short_selling: bool
    may_race: bool = False
    """Both exits of a group may trade at the broker before either is heard of."""


@dataclass(slots=True)
class BrokerBook:
    """One account at the broker."""

    capabilities: Capabilities
    limits: Limits
    cash: int
    fees: int = 0
    healthy_from: float = 0.0
    positions: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    orders: list[Working] = field(default_factory=list)
    by_id: dict[str, list[Working]] = field(default_factory=dict)
    executions: list[Execution] = field(default_factory=list)
    reports: list[ExecutionReport] = field(default_factory=list)
    undelivered: int = 0
    in_flight: Counter[str] = field(default_factory=Counter)
    broke_promise: set[str] = field(default_factory=set)
    """Orders that the broker took later than it said it may: nobody can know of them in time."""
    breaches: list[str] = field(default_factory=list)


class SimBroker:
    """All accounts at the broker. `now` and `later` are the time of the world."""

    def __init__(
        self,
        seed: int,
        dice: Dice,
        now: Callable[[], float],
        later: Callable[..., object],
        note: Callable[[str], None],
    ) -> None:
        self._random = Random(f"{seed} market")
        self._dice = dice
        self._now = now
        self._later = later
        self._note = note
        self.books: dict[str, BrokerBook] = {}
        self.past_the_guard: list[str] = []
        self.listeners: dict[str, Callable[[str], None]] = {}

    def open(self, account_id: str, capabilities: Capabilities, limits: Limits, cash: int) -> None:
        """Another account."""
        self.books[account_id] = BrokerBook(capabilities, limits, cash)

    # what arrives

    def submit(self, account_id: str, order: BrokerOrder) -> Ack:
        """An order arrives. Raises `BrokerRejected`."""
        book = self.books[account_id]
        known = book.by_id.setdefault(order.order_id, [])
        if known and book.capabilities.unique_order_ids:
            raise BrokerRejected(NOT_UNIQUE)
        is_retry = book.in_flight[order.order_id] > 0
        if self._dice.strikes("submit_refused") or (
            is_retry and self._dice.strikes("retry_refused")
        ):
            self._note(f"refuse {order.order_id}")
            raise BrokerRejected(NOT_TODAY)
        twice = not book.capabilities.unique_order_ids and self._dice.strikes("taken_twice")
        made = [self._take(account_id, order, twin=twice) for _ in range(1 + twice)]
        return Ack(made[0].broker_order_id, self._ts())

    def cancel(self, account_id: str, order_id: str) -> None:
        """A cancel arrives. Raises `BrokerRejected`."""
        working = self._working(account_id, order_id)
        for one in working:
            if self._dice.strikes("burst"):
                self._trade(account_id, one)  # a fill crosses the cancel
            if one.is_working:
                self._end(account_id, one, ReportKind.CANCELED)

    def replace(self, account_id: str, order_id: str, terms: Terms) -> None:
        """Other terms arrive. Raises `BrokerRejected`."""
        [one, *_] = self._working(account_id, order_id)
        if terms.quantity <= one.filled:
            raise BrokerRejected("QUANTITY_BELOW_FILLED")
        one.terms = terms
        self._note(f"replace {one.broker_order_id} {terms.quantity}")
        self._check_limits(account_id, one.wanted.instrument.instrument_id)
        self._tell(
            account_id,
            one,
            ReportKind.REPLACED,
            quantity=terms.quantity,
            limit_price=terms.limit_price,
            stop_price=terms.stop_price,
        )

    def ask(self, account_id: str, order_id: str, question: Question) -> Sequence[Found]:
        """What a question shows of an order by now."""
        found = []
        for one in self.books[account_id].by_id.get(order_id, []):
            shows = {
                Question.BY_ID: True,
                Question.OPEN_ORDERS: one.is_working,
                Question.COMPLETED_ORDERS: not one.is_working,
                Question.EXECUTIONS: one.filled > 0,
            }
            if shows[question] and one.visible_from <= self._now():
                found.append(Found(one.broker_order_id, one.is_working, one.terms))
        return found

    def statement(self, account_id: str, since: int) -> Statement:
        """The account as it is here."""
        book = self.books[account_id]
        return Statement(
            self._ts(),
            len(book.reports),
            book.cash,
            {name: quantity for name, quantity in book.positions.items() if quantity},
            tuple(_stated(one) for one in book.orders if one.is_working),
            tuple(one for one in book.executions if one.ts >= since),
        )

    # what happens here

    def close_session(self) -> None:
        """What still works expires."""
        for account_id, book in self.books.items():
            for one in book.orders:
                if one.is_working:
                    self._end(account_id, one, ReportKind.EXPIRED)

    def reset_session(self, account_id: str) -> None:
        """The line was down: what we asked before may have missed something."""
        self.books[account_id].healthy_from = self._now() + self._dice.between(0.1, 10.0)

    def _take(self, account_id: str, order: BrokerOrder, *, twin: bool) -> Working:
        book = self.books[account_id]
        firm = book.capabilities.says_no  # what arrived there is seen there
        stale = not firm and self._dice.strikes("question_stale")
        one = Working(
            f"B{len(book.orders) + 1}",
            order,
            Terms(order.quantity, order.limit_price, order.stop_price),
            self._now() + (QUESTION_STALE_SECONDS if stale else 0.0),
            twin,
        )
        book.orders.append(one)
        book.by_id[order.order_id].append(one)
        self._note(f"take {account_id} {order.order_id} {one.broker_order_id}")
        self._check_limits(account_id, order.instrument.instrument_id)
        rests = order.order_type == OrderType.LIMIT and self._random.random() < 0.2
        if not rests:
            self._trade_later(account_id, one)
        return one

    def _trade_later(self, account_id: str, one: Working) -> None:
        fast = self._dice.strikes("burst")
        delay = 0.0 if fast else 0.02 + 2.0 * self._random.random() ** 3
        self._later(delay, self._trade, account_id, one)

    def _trade(self, account_id: str, one: Working) -> None:
        if not one.is_working:
            return
        book, wanted = self.books[account_id], one.wanted
        left = one.open_quantity
        quantity = left if self._random.random() < 0.6 else self._random.randint(1, left)
        price = self._price(one)
        one.filled += quantity
        one.value += quantity * price
        name = wanted.instrument.instrument_id
        fee = quantity * 1000
        book.fees += fee
        book.positions[name] += wanted.side * quantity
        book.cash -= wanted.side * quantity * price * wanted.instrument.money_factor + fee
        fill_id = f"F{len(book.executions) + 1}"
        book.executions.append(_execution(fill_id, one, quantity, price, fee, self._ts()))
        self._note(f"fill {account_id} {one.broker_order_id} {fill_id} {quantity} {price}")
        one.is_working = one.filled < one.terms.quantity
        self._check_limits(account_id, name)
        self._tell(
            account_id,
            one,
            ReportKind.FILLED,
            fill_id=fill_id,
            quantity=quantity,
            price=price,
            fee=fee,
        )
        if one.is_working:
            if wanted.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
                self._end(account_id, one, ReportKind.CANCELED)
            else:
                self._trade_later(account_id, one)

    def _price(self, one: Working) -> int:
        factor = one.wanted.instrument.price_factor
        market = round(100 * factor * (0.97 + 0.06 * self._random.random()))
        market -= market % (factor // 100)
        limit = one.terms.limit_price
        if not limit:
            return market
        return min(limit, market) if one.wanted.side == Side.BUY else max(limit, market)

    def _end(self, account_id: str, one: Working, kind: ReportKind) -> None:
        one.is_working = False
        self._note(f"end {account_id} {one.broker_order_id} {kind.name}")
        self._tell(account_id, one, kind)

    def _working(self, account_id: str, order_id: str) -> list[Working]:
        known = self.books[account_id].by_id.get(order_id, [])
        working = [one for one in known if one.is_working]
        if not working:
            raise BrokerRejected(NOT_WORKING)
        return working

    # what is told

    def _tell(self, account_id: str, one: Working, kind: ReportKind, **facts: object) -> None:
        """Sends a report off. The news of one order come in their order, but for repeated ones."""
        delay = self._dice.between(0.001, 0.1)
        if self._dice.strikes("report_late"):
            delay += self._dice.between(0.1, REPORT_LATE_SECONDS)
        due = self._now() + delay
        if kind != ReportKind.FILLED or one.told_until > due:
            due = max(due, one.told_until + 0.000_001)
        one.told_until = due
        report = ExecutionReport(
            0, one.wanted.order_id, self._ts(), kind, one.broker_order_id, **facts
        )
        times = 2 if self._dice.strikes("report_twice") else 1
        book = self.books[account_id]
        for time in range(times):
            book.undelivered += 1
            self._later(due - self._now() + time * 0.5, self._deliver, account_id, report)

    def _deliver(self, account_id: str, report: ExecutionReport) -> None:
        book = self.books[account_id]
        book.undelivered -= 1
        book.reports.append(
            ExecutionReport(
                len(book.reports) + 1,
                report.order_id,
                report.ts,
                report.kind,
                report.broker_order_id,
                report.fill_id,
                report.quantity,
                report.price,
                report.fee,
                report.limit_price,
                report.stop_price,
                report.reason,
            )
        )
        if not self._dice.strikes("arrival_lost"):
            for listener in self.listeners.values():
                listener(account_id)

    # what must never be

    def _check_limits(self, account_id: str, instrument_id: str) -> None:
        book = self.books[account_id]
        if book.limits.may_race or book.broke_promise or any(one.twin for one in book.orders):
            return
        held = book.positions[instrument_id]
        most = least = held
        for one in book.orders:
            if one.is_working and one.wanted.instrument.instrument_id == instrument_id:
                if one.wanted.side == Side.BUY:
                    most += one.open_quantity
                else:
                    least -= one.open_quantity
        limits = book.limits
        if most > limits.max_position or least < -limits.max_position:
            book.breaches.append(f"{account_id} {instrument_id}: position {least}…{most}")
        if least < 0 and not limits.short_selling:
            book.breaches.append(f"{account_id} {instrument_id}: short to {least}")
        if not limits.short_selling and book.cash + book.fees < 0:
            book.breaches.append(f"{account_id}: cash {book.cash}")

    def _ts(self) -> int:
        return EPOCH + int(self._now() * NANOSECONDS)


def _stated(one: Working) -> StatedOrder:
    wanted = one.wanted
    return StatedOrder(
        wanted.order_id,
        one.broker_order_id,
        wanted.instrument.instrument_id,
        wanted.side,
        one.filled,
        one.terms,
        wanted.order_type,
        wanted.time_in_force,
    )


def _execution(
    fill_id: str, one: Working, quantity: int, price: int, fee: int, ts: int
) -> Execution:
    wanted = one.wanted
    return Execution(
        fill_id,
        wanted.order_id,
        one.broker_order_id,
        wanted.instrument.instrument_id,
        wanted.side,
        quantity,
        price,
        fee,
        ts,
    )


def instrument_of(name: str) -> Instrument:
    """A share."""
    symbol, _, venue = name.partition(".")
    return Instrument(name, symbol, venue)
