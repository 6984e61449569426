"""Places a client's order."""

from apps.orders.dispatch_orders import DispatchOrders
from apps.orders.last_prices import LastPrices
from domain.errors import NotAllowedNow, under
from domain.instruments import Instrument
from domain.orders.book import AccountBook
from domain.orders.identity import client_decision, order_id_of
from domain.orders.records import AccountKey, OrderRecord
from domain.orders.state import OrderState
from domain.orders.wanted import OrderTerms, wish_of
from ports.account_store import AccountStore, Request
from ports.instrument_store import InstrumentStore
from ports.request_log import RequestKey


class PlaceOrder:
    """Keeps the order with its reservation, its events and the answer in one transaction.

    It is sent right after, in the background. The same request gives the same answer and makes no
    second order, whether the order was taken or denied.
    """

    def __init__(
        self,
        accounts: AccountStore,
        instruments: InstrumentStore,
        last_prices: LastPrices,
        dispatch: DispatchOrders,
    ) -> None:
        self._accounts = accounts
        self._instruments = instruments
        self._last_prices = last_prices
        self._dispatch = dispatch

    async def __call__(
        self,
        account: AccountKey,
        terms: OrderTerms,
        key: RequestKey,
        *,
        validate_only: bool = False,
    ) -> OrderRecord:
        """The order as it was kept. With `validate_only` all is checked and nothing is kept.

        Raises `InvalidRequest` for the terms, `NotFound` for account or instrument, and
        `NotAllowedNow` with the gate's reason: the denied order is kept, named in `order_id`.
        """
        with under("order"):
            instrument = await self._instruments.get(terms.instrument)
            wish = wish_of(terms, instrument)
        last_price = await self._last_prices(instrument.instrument_id)
        decision = client_decision(key.request_id)

        def decide(book: AccountBook) -> OrderRecord:
            _know(book, instrument, last_price)
            order, _ = book.place(book.now, wish, decision)
            if validate_only:
                raise _Rehearsed(book.record_of(order))
            return book.record_of(order)

        try:
            placed = await self._accounts.change(
                account.tenant,
                account.account_id,
                decide,
                orders=[order_id_of(account.tenant, account.account_id, decision)],
                request=None if validate_only else Request(key, OrderRecord),
            )
        except _Rehearsed as rehearsal:
            return _unless_denied(rehearsal.order)
        if not placed.repeated and placed.value.state == OrderState.CREATED:
            self._dispatch.wake(account, placed.value.order_id)
        return _unless_denied(placed.value, order_id=placed.value.order_id)


class _Rehearsed(Exception):
    """Leaves the transaction, so that nothing is kept."""

    def __init__(self, order: OrderRecord) -> None:
        self.order = order


def _know(book: AccountBook, instrument: Instrument, last_price: float) -> None:
    """The price that the gate goes by: what a replay shows, else the last one kept."""
    book.know(instrument)
    is_shown = book.market.run_id and book.account.position(instrument.instrument_id).last
    if last_price and not is_shown:
        book.account.mark(instrument.instrument_id, last_price)


def _unless_denied(order: OrderRecord, **facts: str) -> OrderRecord:
    if order.state == OrderState.DENIED:
        raise NotAllowedNow(f"the order was denied: {order.reason}", reason=order.reason, **facts)
    return order
