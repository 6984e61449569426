"""Places a client's order."""

from msgspec import Struct

from apps.orders.dispatch_orders import DispatchOrders
from apps.orders.last_prices import LastPrice, LastPrices
from domain.errors import NotAllowedNow, under
from domain.instruments import Instrument
from domain.orders.book import AccountBook
from domain.orders.identity import client_decision, order_id_of
from domain.orders.order import Order
from domain.orders.preview import OrderPreview, preview_of
from domain.orders.records import AccountKey, OrderRecord
from domain.orders.request import OrderRequest
from domain.orders.state import OrderState
from domain.orders.wanted import OrderTerms, wish_of
from domain.simulation.fees import Fees
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
        fees: Fees,
    ) -> None:
        """`fees` are what the paper broker takes."""
        self._accounts = accounts
        self._instruments = instruments
        self._last_prices = last_prices
        self._dispatch = dispatch
        self._fees = fees

    async def __call__(
        self, account: AccountKey, terms: OrderTerms, key: RequestKey
    ) -> OrderRecord:
        """The order as it was kept.

        Raises `InvalidRequest` for the terms, `NotFound` for account or instrument, and
        `NotAllowedNow` with the gate's reason: the denied order is kept, named in `order_id`.
        """
        placing = await self._placing(account, terms, key)

        def decide(book: AccountBook) -> OrderRecord:
            return book.record_of(placing.place(book))

        placed = await self._accounts.change(
            account.tenant,
            account.account_id,
            decide,
            orders=[placing.order_id],
            request=Request(key, OrderRecord),
        )
        if not placed.repeated and placed.value.state == OrderState.CREATED:
            self._dispatch.wake(account, placed.value.order_id)
        return _unless_denied(placed.value, order_id=placed.value.order_id)

    async def preview(
        self, account: AccountKey, terms: OrderTerms, key: RequestKey
    ) -> tuple[OrderRecord, OrderPreview]:
        """The order as it would be, and what it would do. Nothing is kept.

        Raises what placing it would raise.
        """
        placing = await self._placing(account, terms, key)

        def decide(book: AccountBook) -> tuple[OrderRecord, OrderPreview]:
            order = placing.place(book)
            return book.record_of(order), preview_of(book, order, self._fees.of)

        rehearsed = await self._accounts.change(
            account.tenant, account.account_id, decide, orders=[placing.order_id], rehearse=True
        )
        order, preview = rehearsed.value
        return _unless_denied(order), preview

    async def _placing(self, account: AccountKey, terms: OrderTerms, key: RequestKey) -> "_Placing":
        with under("order"):
            instrument = await self._instruments.get(terms.instrument)
            wish = wish_of(terms, instrument)
        decision = client_decision(key.request_id)
        return _Placing(
            instrument,
            wish,
            await self._last_prices(instrument.instrument_id),
            decision,
            order_id_of(account.tenant, account.account_id, decision),
        )


class _Placing(Struct, frozen=True):
    """A wish with all that the book must know of it."""

    instrument: Instrument
    wish: OrderRequest
    last_price: LastPrice
    decision: str
    order_id: str

    def place(self, book: AccountBook) -> Order:
        know(book, self.instrument, self.last_price)
        order, _ = book.place(book.now, self.wish, self.decision)
        return order


def know(book: AccountBook, instrument: Instrument, last: LastPrice) -> None:
    """The price that the gate goes by: what a replay shows, else the last one kept."""
    book.know(instrument)
    is_shown = book.market.run_id and book.account.position(instrument.instrument_id).last
    if last.price and not is_shown:
        book.mark(instrument.instrument_id, last.price, last.ts)


def _unless_denied(order: OrderRecord, **facts: str) -> OrderRecord:
    if order.state == OrderState.DENIED:
        raise NotAllowedNow(f"the order was denied: {order.reason}", reason=order.reason, **facts)
    return order
