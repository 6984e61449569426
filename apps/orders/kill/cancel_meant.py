"""Cancels every order that a kill switch means."""

import asyncio

import structlog

from apps.orders.cancel_order import ask_to_cancel_all
from apps.orders.dispatch_orders import DispatchOrders
from apps.orders.kill.meant import Meant
from domain.errors import DomainError
from domain.orders.book import AccountBook
from domain.orders.order import Order
from domain.orders.records import AccountKey
from domain.orders.state import OrderState
from ports.account_store import AccountStore

AT_ONCE = 200  # orders in one transaction

_log = structlog.get_logger(__name__)


class CancelMeant:
    """Asks for the end of each, once; what is in doubt is canceled as soon as it is found."""

    def __init__(self, accounts: AccountStore, dispatch: DispatchOrders) -> None:
        self._accounts = accounts
        self._dispatch = dispatch

    async def __call__(self, account: AccountKey, meant: Meant) -> None:
        """Returns when the broker was asked, or is silent. Raises `Unavailable` by our store."""
        now = await self._accounts.snapshot(account.tenant, account.account_id)
        if not any(
            meant.covers(one.number, one.run_id, one.instrument_id) for one in now.open_orders
        ):
            return

        def decide(book: AccountBook) -> int:
            asked = [order for order in book.orders() if _may_be_asked(book, order, meant)]
            ask_to_cancel_all(book, asked[:AT_ONCE])
            return len(asked)

        more = True
        while more:
            change = await self._accounts.change(account.tenant, account.account_id, decide)
            more = change.value > AT_ONCE
            await asyncio.gather(*(self._send(account, name) for name in change.to_send))

    async def _send(self, account: AccountKey, order_id: str) -> None:
        try:
            await self._dispatch(account, order_id)
        except DomainError as error:  # it stays asked for: the dispatcher takes it on again
            _log.warning("cancel_not_confirmed", order_id=order_id, why=error.message)


def _may_be_asked(book: AccountBook, order: Order, meant: Meant) -> bool:
    """Whether its end is still to be asked for."""
    if not order.is_working or order.state in (OrderState.PENDING_CANCEL, OrderState.QUARANTINED):
        return False
    tag = book.tag(order.order_id)
    if not meant.covers(order.order_id, tag.run_id, order.instrument_id):
        return False
    is_asked = tag.doubt is not None and tag.doubt.cancel_wanted
    return not (order.state == OrderState.IN_DOUBT and is_asked)
