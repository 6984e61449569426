"""Asks for the end of an order."""

from collections.abc import Iterable

from apps.orders.dispatch_orders import DispatchOrders
from domain.errors import NotAllowedNow
from domain.orders.book import AccountBook
from domain.orders.order import Order
from domain.orders.records import AccountKey, OrderRecord
from domain.orders.state import OrderState
from ports.account_store import AccountStore, Request
from ports.request_log import RequestKey


class CancelOrder:
    """An order that was not sent yet is canceled at once; else the broker is asked, right after.

    One in doubt stays so: it is canceled as soon as it is found, and not sent again.
    """

    def __init__(self, accounts: AccountStore, dispatch: DispatchOrders) -> None:
        self._accounts = accounts
        self._dispatch = dispatch

    async def __call__(
        self, account: AccountKey, order_id: str, key: RequestKey, *, validate_only: bool = False
    ) -> OrderRecord:
        """The order, CANCELED, PENDING_CANCEL or IN_DOUBT; with `validate_only` as it would be.

        Raises `NotFound`, and `NotAllowedNow` ORDER_ENDED, or ORDER_BUSY for one in quarantine.
        """

        def decide(book: AccountBook) -> OrderRecord:
            order = book.order(order_id)
            ask_to_cancel(book, book.now, order)
            return book.record_of(order)

        asked = await self._accounts.change(
            account.tenant,
            account.account_id,
            decide,
            orders=[order_id],
            request=Request(key, OrderRecord),
            rehearse=validate_only,
        )
        if validate_only:
            return asked.value
        if not asked.repeated and asked.value.state in (
            OrderState.PENDING_CANCEL,
            OrderState.IN_DOUBT,
        ):
            self._dispatch.wake(account, order_id)
        return asked.value


def ask_to_cancel(book: AccountBook, ts: int, order: Order) -> None:
    """Notes the wish; one that is noted already stays as it is."""
    if order.state == OrderState.PENDING_CANCEL:
        return
    refuse_ended(book, order)
    if order.state == OrderState.QUARANTINED:
        raise order_busy(book, order)
    if order.state == OrderState.IN_DOUBT:
        book.learned(order, book.doubt_of(order).without(cancel=True))
        return
    book.account.cancel(ts, order.order_id)


def ask_to_cancel_all(book: AccountBook, orders: Iterable[Order]) -> None:
    """Notes the wish for each, but for those in quarantine."""
    for order in orders:
        if order.state != OrderState.QUARANTINED:
            ask_to_cancel(book, book.now, order)


def refuse_ended(book: AccountBook, order: Order) -> None:
    """Raises `NotAllowedNow` ORDER_ENDED for an order that can trade no more."""
    if not order.is_working:
        name = book.tag(order.order_id).order_id
        raise NotAllowedNow(
            f"order {name} is {order.state.name}",
            reason="ORDER_ENDED",
            order_id=name,
            state=order.state.name,
        )


def order_busy(book: AccountBook, order: Order) -> NotAllowedNow:
    """The refusal while something else has to come to its end first."""
    name = book.tag(order.order_id).order_id
    return NotAllowedNow(
        f"order {name} is {order.state.name}; try again when that is settled",
        reason="ORDER_BUSY",
        order_id=name,
        state=order.state.name,
    )
