"""Places a client's group: an entry with its exits, or two exits of what is held."""

from apps.orders.dispatch_orders import DispatchOrders
from apps.orders.last_prices import LastPrices
from apps.orders.place_order import know
from domain.errors import NotAllowedNow, under
from domain.orders.book import AccountBook
from domain.orders.groups.in_book import place_group, record_of_group
from domain.orders.groups.record import GroupTerms, OrderGroupRecord, group_wish_of
from domain.orders.identity import client_decision, order_id_of
from domain.orders.records import AccountKey
from domain.orders.state import OrderState
from ports.account_store import AccountStore, Request
from ports.instrument_store import InstrumentStore
from ports.request_log import RequestKey


class PlaceOrderGroup:
    """Keeps the group with its first orders, their events and the answer in one transaction.

    They are sent right after, in the background. The same request gives the same answer.
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
        terms: GroupTerms,
        key: RequestKey,
        *,
        validate_only: bool = False,
    ) -> OrderGroupRecord:
        """The group as it was kept; with `validate_only` as it would be.

        Raises `InvalidRequest` for the terms, `NotFound` for account or instrument, and
        `NotAllowedNow` with the gate's reason: the denied order is kept, named in `order_id`.
        """
        with under("order_group"):
            instrument = await self._instruments.get(terms.instrument)
            wish = group_wish_of(terms, instrument)
        last_price = await self._last_prices(instrument.instrument_id)
        decision = f"{client_decision(key.request_id)}|{key.method}"

        def decide(book: AccountBook) -> OrderGroupRecord:
            know(book, instrument, last_price)
            with under("order_group"):
                group, _ = place_group(book, book.now, wish, decision)
            return record_of_group(book, group)

        placed = await self._accounts.change(
            account.tenant,
            account.account_id,
            decide,
            orders=[order_id_of(account.tenant, account.account_id, decision)],
            request=Request(key, OrderGroupRecord),
            rehearse=validate_only,
        )
        if not placed.repeated and not validate_only:
            for order_id in placed.to_send:
                self._dispatch.wake(account, order_id)
        return _unless_denied(placed.value, is_kept=not validate_only)


def _unless_denied(group: OrderGroupRecord, *, is_kept: bool) -> OrderGroupRecord:
    for order in group.orders:
        if order.state == OrderState.DENIED:
            facts = {"order_id": order.order_id} if is_kept else {}
            text = f"the {order.leg.name.lower()} was denied: {order.reason}"
            raise NotAllowedNow(text, reason=order.reason, **facts)
    return group
