"""An account on three sides that agree, and ways to make them differ."""

from collections import Counter

from domain.orders.events import OrderCanceled, OrderFilled
from domain.orders.ledger import Ledger
from domain.orders.order import Order
from domain.orders.reconciliation.books import Books, KeptOrder, Shadow
from domain.orders.reconciliation.breaks import BreakKind, Finding
from domain.orders.reconciliation.compare import compare
from domain.orders.records import AccountTerms, FillRecord
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.risk import RiskLimits
from domain.orders.state import OrderState
from domain.orders.statement import Execution, StatedOrder, Statement, Terms
from domain.values import money_to_decimal
from tests.builders import AAPL, MONDAY_OPEN, MSFT, AnAccount, an_instrument

ELSEWHERE = "IBM.XNYS"
PRICE = 10**6


class ThreeSides:
    """`trade` happens on all sides; every other method on one of them."""

    def __init__(self) -> None:
        self.instruments = {
            name: an_instrument(name) for name in (AAPL, MSFT, ELSEWHERE, "GE.XNYS")
        }
        self.ours = AnAccount(10_000_000, instruments=list(self.instruments.values()))
        self.executions: list[Execution] = []
        self.fills: list[FillRecord] = []
        self.working: dict[int, Order] = {}
        self.cash_at_broker = 10_000_000 * 10**9
        self.held_at_broker = Counter[str]()
        self.row_off: dict[str, int] = {}
        self.row_cash_off = 0
        self.hidden: set[int] = set()
        self.strangers: list[StatedOrder] = []

    # on all sides

    def order(self, side: Side, quantity: int, instrument_id: str = AAPL) -> Order:
        """One that the broker works."""
        order = self.ours.work(side, quantity, instrument_id)
        self.working[order.order_id] = order
        return order

    def trade(self, order: Order, quantity: int, price: int, fee: int = 0) -> None:
        execution = self.execute(order, quantity, price, fee)
        self._book(order, execution, execution.fill_id)

    def cancel(self, order: Order) -> None:
        self.ours.account.canceled(OrderCanceled(self.ours.ts, order.order_id))
        del self.working[order.order_id]

    # at the broker

    def execute(self, order: Order, quantity: int, price: int, fee: int = 0) -> Execution:
        """An execution that nobody has told us of."""
        return self._executed(
            self.name(order), order.instrument_id, order.side, quantity, price, fee
        )

    def trade_by_hand(self, quantity: int, price: int, name: str = "by-hand") -> None:
        self._executed(name, AAPL, Side.BUY, quantity, price, 0)

    def work_by_hand(self, name: str = "working-by-hand") -> None:
        terms = Terms(7, 90 * PRICE, 0)
        self.strangers.append(
            StatedOrder(name, "B9", AAPL, Side.BUY, 0, terms, OrderType.LIMIT, TimeInForce.GTC)
        )

    def forget(self, order: Order) -> None:
        """It works no more there, and nobody has told us."""
        self.hidden.add(order.order_id)

    # in our books

    def book_again(self, order: Order, last: FillRecord) -> None:
        """The same execution once more, under another id."""
        [execution] = [one for one in self.executions if one.fill_id == last.fill_id]
        self._book(order, execution, f"{last.fill_id}-again")

    # the sides

    def name(self, order: Order) -> str:
        return f"order-{order.order_id}"

    def statement(self) -> Statement:
        working = tuple(
            StatedOrder(
                self.name(order),
                f"B{number}",
                order.instrument_id,
                order.side,
                0,
                Terms(order.quantity, 0, 0),
                order.order_type,
                order.time_in_force,
            )
            for number, order in self.working.items()
            if number not in self.hidden and self._open_at_broker(order)
        )
        held = {name: quantity for name, quantity in self.held_at_broker.items() if quantity}
        return Statement(
            MONDAY_OPEN,
            0,
            self.cash_at_broker,
            held,
            working + tuple(self.strangers),
            tuple(self.executions),
        )

    def books(self) -> Books:
        account = self.ours.account
        ledger = account.ledger
        orders = [*account.orders.values(), *account.ended.values(), *self.working.values()]
        holdings = {
            name: (one.quantity + self.row_off.get(name, 0), one.cost, one.realised)
            for name, one in account.positions.items()
        }
        kept = Ledger(
            ledger.cash + self.row_cash_off,
            ledger.positions,
            ledger.fees,
            ledger.capital,
            ledger.realised,
        )
        return Books(
            AccountTerms("acc_1", "test", "paper", "USD", RiskLimits(), MONDAY_OPEN),
            len(self.ours.log),
            0,
            "",
            0,
            kept,
            ledger,
            holdings,
            self.instruments,
            {
                self.name(one): KeptOrder(
                    self.name(one), one.order_id, one.state, one.quantity, one.filled_quantity
                )
                for one in orders
            },
            frozenset(fill.fill_id for fill in self.fills),
            tuple(self.fills),
            (),
            tuple(enumerate(self.ours.log, 1)),
        )

    def findings(self) -> tuple[Finding, ...]:
        books, shadow = self.books(), Shadow()
        shadow.follow(books)
        return compare(self.statement(), books, shadow, self.instruments)

    def kinds(self) -> list[BreakKind]:
        return sorted(one.kind for one in self.findings())

    def _executed(
        self, name: str, instrument_id: str, side: Side, quantity: int, price: int, fee: int
    ) -> Execution:
        execution = Execution(
            f"F{len(self.executions) + 1}",
            name,
            "",
            instrument_id,
            side,
            quantity,
            price * PRICE,
            fee,
            MONDAY_OPEN,
        )
        self.executions.append(execution)
        self.held_at_broker[instrument_id] += side * quantity
        self.cash_at_broker -= side * price * quantity * 10**9 + fee
        return execution

    def _book(self, order: Order, execution: Execution, fill_id: str) -> None:
        account = self.ours.account
        if order.order_id not in account.orders:
            account.ended[order.order_id] = order
        account.filled(
            OrderFilled(
                MONDAY_OPEN,
                order.order_id,
                execution.price,
                execution.quantity,
                execution.fee,
            )
        )
        known = self.instruments[order.instrument_id]
        self.fills.append(
            FillRecord(
                "acc_1",
                fill_id,
                self.name(order),
                order.order_id,
                order.instrument_id,
                order.side,
                known.quantity_to_decimal(execution.quantity),
                known.price_to_decimal(execution.price),
                money_to_decimal(execution.fee),
                MONDAY_OPEN,
            )
        )

    def _open_at_broker(self, order: Order) -> bool:
        traded = sum(one.quantity for one in self.executions if one.order_id == self.name(order))
        return traded < order.quantity and order.state != OrderState.CANCELED
