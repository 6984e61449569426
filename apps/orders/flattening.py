"""Closes what a run holds, in orders that the account's limits allow."""

from collections.abc import Callable, Iterator
from functools import partial

from msgspec import Struct

from apps.orders.cancel_order import ask_to_cancel_all
from domain.orders.book import AccountBook
from domain.orders.closing import Closed, closable, close_at_market, open_quantity
from domain.orders.events import OrderCanceled
from domain.orders.identity import order_id_of, run_decision
from domain.orders.order import Order
from domain.orders.records import AccountKey
from domain.orders.state import OrderState

PIECES = 1_000  # a command's orders: each has a request number of its own
PREVIEW = 0  # the number of a command that nobody gave

Close = Callable[[AccountBook], bool]


class Flattening(Struct, frozen=True):
    """One command to one run. `traded` is what its orders have bought and sold on balance, scaled.

    Its orders are the run's own; their requests are negative, since the strategy made none.
    """

    account: AccountKey
    run_id: str
    instrument_id: str
    number: int
    traded: int

    def pieces(self, ts: int) -> Iterator[tuple[str, Close]]:
        """Names of orders, each with the decision that places it: False when nothing is left."""
        for piece in range(PIECES):
            request = -(self.number * PIECES + piece) - 1
            decision = run_decision(self.run_id, request)
            name = order_id_of(self.account.tenant, self.account.account_id, decision)
            yield name, partial(self._close, name, ts, request, decision)

    def preview(self, book: AccountBook) -> Closed:
        """What it would do, told as if the broker confirmed every cancel at once."""
        meant = [
            order
            for order in book.orders()
            if order.is_working and book.tag(order.order_id).run_id == self.run_id
        ]
        ask_to_cancel_all(book, meant)
        canceled = tuple(book.record_of(order) for order in reversed(meant))
        for order in meant:
            if order.state == OrderState.PENDING_CANCEL:
                book.account.canceled(OrderCanceled(book.now, order.order_id))
        names = [name for name, close in self._while_left(book)]
        return Closed(tuple(book.record_of(book.order(name)) for name in names), canceled)

    def _while_left(self, book: AccountBook) -> Iterator[tuple[str, Close]]:
        for name, close in self.pieces(book.now):
            if not close(book):
                return
            yield name, close

    def _close(self, name: str, ts: int, request: int, decision: str, book: AccountBook) -> bool:
        if book.find(name) is not None:
            return True
        position = book.account.positions.get(self.instrument_id)
        if position is None or position.quantity * self.traded <= 0:
            return False
        asked = sum(
            open_quantity(order)
            for order in position.working.values()
            if order.side * position.quantity < 0 and self._is_ours(book, order)
        )
        left = min(abs(self.traded) - asked, closable(position), position.max_order_quantity)
        if left <= 0:
            return False
        close_at_market(book, ts, position, left, decision, request=request, run_id=self.run_id)
        return True

    def _is_ours(self, book: AccountBook, order: Order) -> bool:
        return book.tag(order.order_id).run_id == self.run_id
