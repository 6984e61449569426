"""Asks for other terms of a working order."""

from msgspec import structs

from apps.orders.cancel_order import order_busy, refuse_ended
from apps.orders.dispatch_orders import DispatchOrders
from domain.errors import NotAllowedNow, invalid
from domain.orders.book import AccountBook
from domain.orders.order import Order
from domain.orders.records import AccountKey, OrderRecord
from domain.orders.state import OrderState
from domain.orders.wanted import NewTerms, price_of
from ports.account_store import AccountStore, Request
from ports.request_log import RequestKey

_AT_THE_BROKER = (OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED)


class ReplaceOrder:
    """Until the broker answers, the dearer of both sets of terms is set aside."""

    def __init__(self, accounts: AccountStore, dispatch: DispatchOrders) -> None:
        self._accounts = accounts
        self._dispatch = dispatch

    async def __call__(
        self,
        account: AccountKey,
        order_id: str,
        terms: NewTerms,
        key: RequestKey,
        *,
        validate_only: bool = False,
    ) -> OrderRecord:
        """The order, PENDING_REPLACE; with `validate_only` as it would be, under the new terms.

        Raises `NotFound`; `InvalidRequest` for the terms; `NotAllowedNow` ORDER_ENDED, ORDER_BUSY,
        QUANTITY_BELOW_FILLED, SIZED_BY_GROUP for the quantity of an exit, or the gate's reason.
        """
        if terms == NewTerms():
            raise invalid("quantity", "or a price must be given", reason="MISSING_FIELD")

        def decide(book: AccountBook) -> OrderRecord:
            order = book.order(order_id)
            _ask_to_replace(book, order, terms)
            return book.record_of(_as_asked(order) if validate_only else order)

        asked = await self._accounts.change(
            account.tenant,
            account.account_id,
            decide,
            orders=[order_id],
            request=Request(key, OrderRecord),
            rehearse=validate_only,
        )
        if not asked.repeated and not validate_only:
            self._dispatch.wake(account, order_id)
        return asked.value


def _ask_to_replace(book: AccountBook, order: Order, terms: NewTerms) -> None:
    refuse_ended(book, order)
    if order.state not in _AT_THE_BROKER:
        raise order_busy(book, order)
    instrument = book.account.position(order.instrument_id).instrument
    quantity = order.quantity
    if terms.quantity is not None:
        quantity = instrument.quantity_to_int(terms.quantity)
        _refuse_exit(book, order)
    if quantity <= order.filled_quantity:
        filled = instrument.quantity_to_decimal(order.filled_quantity)
        raise NotAllowedNow(
            f"{filled} of the order has traded already",
            reason="QUANTITY_BELOW_FILLED",
            order_id=book.tag(order.order_id).order_id,
            filled_quantity=str(filled),
        )
    book.replace(
        order,
        quantity,
        price_of(terms.limit_price, instrument, "limit_price") or order.limit_price,
        price_of(terms.stop_price, instrument, "stop_price") or order.stop_price,
    )


def _refuse_exit(book: AccountBook, order: Order) -> None:
    """The quantity of an exit follows what its group holds; nobody else sets it."""
    if order.link:
        name = book.tag(order.order_id).order_id
        raise NotAllowedNow(
            f"order {name} is an exit: its group sets the quantity",
            reason="SIZED_BY_GROUP",
            order_id=name,
        )


def _as_asked(order: Order) -> Order:
    """The order as it stands once the broker has done what it is asked."""
    wanted = order.replacement
    if wanted is None:
        return order
    return structs.replace(
        order,
        quantity=wanted.quantity,
        limit_price=wanted.limit_price,
        stop_price=wanted.stop_price,
    )
