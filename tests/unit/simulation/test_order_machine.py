"""Any events in any order: the account, its book and the kept answers stay true to each other."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from adapters.memory.account_store import MemoryAccountStore
from adapters.memory.kept_account import KeptAccount
from domain.errors import DomainError
from domain.orders.book import AccountBook
from domain.orders.events import (
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderInDoubt,
    OrderPresumedAbsent,
    OrderRejected,
    OrderReplaced,
    OrderSubmitted,
)
from domain.orders.identity import order_id_of, run_decision
from domain.orders.order import Order
from domain.orders.records import AccountTerms, OrderRecord
from domain.orders.request import Side
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.values import MONEY_SCALE
from ports.account_store import Request
from ports.request_log import RequestIdReused, RequestKey
from tests.builders import AAPL, MONDAY_OPEN, MSFT, a_wish, an_instrument
from tests.simulation.oracle import replayed
from tests.unit.orders.house import ManualClock

T = TypeVar("T")

TENANT, NAME = "local", "acc_1"
CAPITAL = 100_000 * MONEY_SCALE
PRICES = st.integers(95, 105).map(lambda price: price * 10**6)
QUANTITIES = st.integers(1, 20)
ORDERS = st.integers(1, 5)


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


class OrderMachine(RuleBasedStateMachine):
    """One account. `executed` is what the world has traded, whatever the account made of it."""

    @initialize()
    def open_the_account(self) -> None:
        self.clock = ManualClock()
        self.store = MemoryAccountStore(self.clock)
        self.executed: dict[str, tuple[int, Side, int, int]] = {}
        self.asked: dict[int, bytes] = {}
        limits = RiskLimits(max_position=60, max_orders_per_second=1000)
        terms = AccountTerms(NAME, "test", "paper", "USD", limits, MONDAY_OPEN)

        def decide(book: AccountBook) -> None:
            book.account.deposit(MONDAY_OPEN, CAPITAL)
            for name in (AAPL, MSFT):
                book.know(an_instrument(name))
                book.account.mark(name, 100.0)

        at_once(self.store.create(TENANT, terms, decide))

    @property
    def kept(self) -> KeptAccount:
        return self.store.memory.accounts[NAME]

    def change(self, decide: Callable[[AccountBook], T], **named: Any) -> T | None:
        """One change; a refused one leaves everything as it was."""
        self.clock.ts += 10**9
        kept = self.kept
        before = kept.version, kept.reserved, len(kept.fills), len(self.store.memory.outbox)
        try:
            return at_once(self.store.change(TENANT, NAME, decide, **named)).value
        except DomainError:
            assert before == (
                kept.version,
                kept.reserved,
                len(kept.fills),
                len(self.store.memory.outbox),
            )
            return None

    def about(self, number: int, tell: Callable[[AccountBook, Order], T]) -> T | None:
        """News about the order of that number, if there is one."""
        if number not in self.kept.orders:
            return None
        name = self.kept.tags[number].order_id
        return self.change(lambda book: tell(book, book.order(name)), orders=[name])

    # what clients do

    @rule(
        number=st.integers(1, 8),
        side=st.sampled_from(Side),
        quantity=QUANTITIES,
        limit=st.sampled_from([0, 99 * 10**6, 101 * 10**6]),
        instrument_id=st.sampled_from([AAPL, MSFT]),
    )
    def place(self, number: int, side: Side, quantity: int, limit: int, instrument_id: str) -> None:
        """A request, new or come again, with the same body or with another one."""
        wish = a_wish(side, quantity, instrument_id, limit=limit, request=number)
        body = repr(wish).encode()
        key = RequestKey(TENANT, "me", "Place", str(number), body)
        decision = run_decision("run_1", number)

        def decide(book: AccountBook) -> OrderRecord:
            order, _ = book.place(self.clock.ts, wish, decision)
            return book.record_of(order)

        self.clock.ts += 10**9
        first = self.asked.setdefault(number, body)
        named = [order_id_of(TENANT, NAME, decision)]
        orders = self.kept.order_count
        try:
            change = at_once(
                self.store.change(
                    TENANT, NAME, decide, orders=named, request=Request(key, OrderRecord)
                )
            )
        except RequestIdReused:
            assert body != first
            return
        assert body == first
        assert change.value.order_id == named[0]
        assert self.kept.order_count == orders + (not change.repeated)

    @rule(number=ORDERS)
    def cancel(self, number: int) -> None:
        self.about(number, lambda book, order: book.account.cancel(book.now, order.order_id))

    @rule(number=ORDERS, quantity=QUANTITIES, price=PRICES)
    def replace(self, number: int, quantity: int, price: int) -> None:
        self.about(
            number,
            lambda book, order: book.account.replace(
                book.now, order.order_id, quantity, price if order.limit_price else 0, 0
            ),
        )

    # what the broker tells, right or wrong, early or late

    @rule(
        number=ORDERS,
        kind=st.sampled_from(
            [
                OrderSubmitted,
                OrderInDoubt,
                OrderAccepted,
                OrderCanceled,
                OrderExpired,
                OrderPresumedAbsent,
            ]
        ),
    )
    def news(self, number: int, kind: type) -> None:
        self.about(number, lambda book, order: book.account.apply(kind(book.now, order.order_id)))

    @rule(number=ORDERS)
    def reject(self, number: int) -> None:
        self.about(
            number,
            lambda book, order: book.account.rejected(
                OrderRejected(book.now, order.order_id, "NO")
            ),
        )

    @rule(number=ORDERS, quantity=QUANTITIES)
    def replaced(self, number: int, quantity: int) -> None:
        self.about(
            number,
            lambda book, order: book.account.replaced(
                OrderReplaced(book.now, order.order_id, quantity, order.limit_price, 0)
            ),
        )

    @rule(number=ORDERS, quantity=QUANTITIES, price=PRICES, fill=st.integers(1, 4))
    def fill(self, number: int, quantity: int, price: int, fill: int) -> None:
        """An execution, reported once or again."""
        fill_id = f"F{number}-{fill}"
        if number not in self.kept.orders:
            return
        name = self.kept.tags[number].order_id

        def decide(book: AccountBook) -> tuple[bool, Side, str]:
            order = book.order(name)
            event = OrderFilled(book.now, order.order_id, price, quantity, 7)
            return book.fill(event, fill_id), order.side, order.instrument_id

        told = self.change(decide, orders=[name], fills=[fill_id])
        if told is not None and told[0]:
            assert fill_id not in self.executed, "an execution is booked once"
            self.executed[fill_id] = number, told[1], quantity, price

    # what is always so

    @invariant()
    def money_is_that_of_the_executions(self) -> None:
        ledger = self.kept.ledger
        factor = an_instrument().money_factor
        spent = sum(side * quantity * price for _, side, quantity, price in self.executed.values())
        assert ledger.cash == CAPITAL - spent * factor - 7 * len(self.executed)
        assert ledger.imbalance == 0

    @invariant()
    def positions_are_those_of_the_executions(self) -> None:
        for name, holding in self.kept.holdings.items():
            traded = sum(
                side * quantity
                for number, side, quantity, _ in self.executed.values()
                if self.kept.orders[number].instrument_id == name
            )
            assert holding.quantity == traded

    @invariant()
    def orders_hold_what_they_need_and_no_more(self) -> None:
        for number, order in self.kept.orders.items():
            assert order.is_working == (number in self.kept.working)
            assert order.is_working or not order.reserved
            if order.filled_quantity > order.quantity:  # a person may end a quarantine
                assert order.state in (OrderState.QUARANTINED, OrderState.CANCELED)
        assert self.kept.reserved == sum(one.reserved for one in self.kept.orders.values())

    @invariant()
    def the_log_makes_the_same_account_again(self) -> None:
        assert self.kept.version == len(self.kept.entries)
        account, orders = replayed(self.kept, [event for _, event in self.kept.entries])
        assert account.ledger == self.kept.ledger
        assert account.reserved == self.kept.reserved
        assert orders == self.kept.orders


TestOrderMachine = OrderMachine.TestCase
TestOrderMachine.settings = settings(max_examples=40, stateful_step_count=40)
