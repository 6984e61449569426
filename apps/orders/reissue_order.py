"""Carries a decision out once more whose order never came to the broker, or was refused there."""

from apps.orders.dispatch_orders import DispatchOrders
from domain.errors import NotAllowedNow
from domain.orders.book import AccountBook
from domain.orders.order import Order
from domain.orders.records import AccountKey, OrderRecord
from domain.orders.state import OrderState
from ports.account_store import AccountStore, Request
from ports.request_log import RequestKey

_OVER = (OrderState.REJECTED, OrderState.PRESUMED_ABSENT)


class ReissueOrder:
    """On purpose only: an order in doubt is never sent under a second name by itself.

    The new order has a name of its own, so should the broker have the first one after all, both
    are real. It passes the gate as any other.
    """

    def __init__(self, accounts: AccountStore, dispatch: DispatchOrders) -> None:
        self._accounts = accounts
        self._dispatch = dispatch

    async def __call__(
        self, account: AccountKey, order_id: str, key: RequestKey, *, validate_only: bool = False
    ) -> OrderRecord:
        """The new order; with `validate_only` as it would be.

        Raises `NotFound`, and `NotAllowedNow` ORDER_NOT_REISSUABLE, ORDER_REISSUED (fact
        `reissued_order_id`) or the gate's reason: the denied order is kept then, named in
        `order_id`.
        """
        name = await self._next_name(account, order_id)

        def decide(book: AccountBook) -> OrderRecord:
            order = book.order(order_id)
            _check(book, order)
            made, is_new = book.reissue(book.now, order)
            if not is_new:
                raise NotAllowedNow(
                    f"order {order_id} was issued again before, as {name}",
                    reason="ORDER_REISSUED",
                    order_id=order_id,
                    reissued_order_id=name,
                )
            return book.record_of(made)

        asked = await self._accounts.change(
            account.tenant,
            account.account_id,
            decide,
            orders=[order_id, name],
            request=Request(key, OrderRecord),
            rehearse=validate_only,
        )
        made = asked.value
        if not asked.repeated and not validate_only and made.state == OrderState.CREATED:
            self._dispatch.wake(account, made.order_id)
        if made.state == OrderState.DENIED:
            raise NotAllowedNow(
                f"the order was denied: {made.reason}", reason=made.reason, order_id=made.order_id
            )
        return made

    async def _next_name(self, account: AccountKey, order_id: str) -> str:
        change = await self._accounts.change(
            account.tenant,
            account.account_id,
            lambda book: book.next_name(book.order(order_id)),
            orders=[order_id],
            rehearse=True,
        )
        return change.value


def _check(book: AccountBook, order: Order) -> None:
    if order.state not in _OVER or not book.next_name(order):
        name = book.tag(order.order_id).order_id
        raise NotAllowedNow(
            f"order {name} is {order.state.name}: only one by itself that was rejected, or is "
            "presumed absent, is issued again",
            reason="ORDER_NOT_REISSUABLE",
            order_id=name,
            state=order.state.name,
        )
