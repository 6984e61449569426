"""Mutants of the books: fills, money, reservations, limits, the log."""

import sys
from typing import Any

from domain.orders import account as accounts
from domain.orders import risk
from domain.orders import state as rows
from domain.orders.account import Account
from domain.orders.book import AccountBook
from domain.orders.books import Books
from domain.orders.events import OrderAccepted, OrderFilled, OrderInDoubt
from domain.orders.position import Position
from domain.orders.records import FillRecord
from domain.orders.state import OrderState
from tests.simulation.mutants.mutant import Put


def fill_booked_twice(put: Put) -> None:
    """An execution that is reported twice is booked twice."""
    fill = AccountBook.fill

    def again(book: AccountBook, event: OrderFilled, fill_id: str) -> bool:
        book._fill_ids.discard(fill_id)
        return fill(book, event, fill_id)

    put(AccountBook, "fill", again)


def late_fill_dropped(put: Put) -> None:
    """A fill of an order that is canceled or expired is not booked."""
    fill = AccountBook.fill

    def only_of_working(book: AccountBook, event: OrderFilled, fill_id: str) -> bool:
        order = book.account.order(event.order_id)
        if order.state == OrderState.PENDING_CANCEL:
            return False
        return fill(book, event, fill_id)

    put(AccountBook, "fill", only_of_working)


def overfill_accepted(put: Put) -> None:
    """More than was ordered may fill, and nobody has to look at it."""
    put(accounts, "_QUARANTINED", OrderState.FILLED)


def money_as_float(put: Put) -> None:
    """Cash is counted in floating point."""
    post = Books._post

    def rounded(books: Books, *arguments: Any) -> Any:
        posted = post(books, *arguments)
        books.ledger.cash = int(float(books.ledger.cash) * 1.0000000001)
        return posted

    put(Books, "_post", rounded)


def fee_not_booked(put: Put) -> None:
    """Fees are left out of the cash."""
    post = Books._post

    def for_nothing(books: Books, event: OrderFilled, *arguments: Any) -> Any:
        free = OrderFilled(event.ts, event.order_id, event.price, event.quantity, 0)
        return post(books, free, *arguments)

    put(Books, "_post", for_nothing)


def reservation_not_released(put: Put) -> None:
    """An order that ends goes on holding its money."""
    end = Books._end

    def keeping(books: Books, order: Any) -> None:
        reserved = books.reserved
        end(books, order)
        books.reserved = max(reserved, books.reserved)

    put(Books, "_end", keeping)


def reservation_released_in_doubt(put: Put) -> None:
    """What an order in doubt holds is given free."""
    in_doubt = Account.in_doubt

    def freeing(account: Account, event: OrderInDoubt) -> None:
        in_doubt(account, event)
        order = account.order(event.order_id)
        account.reserved -= order.reserved
        order.reserved = 0

    put(Account, "in_doubt", freeing)


def reservations_not_counted(put: Put) -> None:
    """Buying power is what the cash says."""
    put(Books, "buying_power", property(lambda books: books.ledger.cash))


def working_orders_not_counted(put: Put) -> None:
    """The position limit looks at what is held and not at what works."""
    exposure = risk.exposure

    def alone(position: Position, side: Any, quantity: int, *rest: Any) -> tuple[int, int]:
        working, position.working = position.working, {}
        try:
            return exposure(position, side, quantity, *rest)
        finally:
            position.working = working

    for module in _who_knows(exposure, "exposure"):
        put(module, "exposure", alone)


def acceptance_not_logged(put: Put) -> None:
    """One kind of event is left out of the log."""
    record = AccountBook._record

    def forgetful(book: AccountBook, event: Any) -> None:
        record(book, event)
        if isinstance(event, OrderAccepted):
            book.entries.pop()
            book.version -= 1

    put(AccountBook, "_record", forgetful)


def versions_not_counted(put: Put) -> None:
    """An acceptance leaves the version of its order as it was."""
    record = AccountBook._record

    def still(book: AccountBook, event: Any) -> None:
        record(book, event)
        if isinstance(event, OrderAccepted):
            book.tag(event.order_id).version -= 1

    put(AccountBook, "_record", still)


def fill_not_told(put: Put) -> None:
    """A fill is booked, and nobody hears of it."""
    close = AccountBook.close

    def silent(book: AccountBook) -> None:
        close(book)
        book.told = [one for one in book.told if not isinstance(one, FillRecord)]

    put(AccountBook, "close", silent)


def fill_of_a_rejected_order_refused(put: Put) -> None:
    """What fills although it was concluded dead is not booked."""
    row = list(rows.ON_FILLED)
    row[OrderState.PRESUMED_ABSENT] = None
    row[OrderState.CANCELED] = None
    row[OrderState.IN_DOUBT] = None
    row[OrderState.SUBMITTED] = None
    row[OrderState.PENDING_REPLACE] = None
    put(rows, "ON_FILLED", tuple(row))


def _who_knows(function: Any, name: str) -> list[Any]:
    return [
        module
        for key, module in sorted(sys.modules.items())
        if key.startswith(("domain.", "apps.")) and getattr(module, name, None) is function
    ]
