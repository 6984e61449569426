"""Asks for the end of every order that can still trade."""

from msgspec import Struct

from apps.orders.cancel_order import ask_to_cancel_all
from apps.orders.dispatch_orders import DispatchOrders
from domain.errors import NotAllowedNow
from domain.orders.book import AccountBook
from domain.orders.order import Order
from domain.orders.records import AccountKey, OrderRecord
from domain.orders.state import OrderState
from ports.account_store import AccountStore, Request
from ports.instrument_store import InstrumentStore
from ports.request_log import RequestKey

MOST_ORDERS = 1_000


class WorkingOrders(Struct, frozen=True):
    """Which orders are meant, of those that can still trade; what is empty narrows nothing."""

    instrument_id: str = ""
    run_id: str = ""

    def of(self, book: AccountBook) -> list[Order]:
        """Oldest first. Raises `NotAllowedNow` TOO_MANY_ORDERS above 1,000."""
        found = [
            order
            for order in book.orders()
            if order.is_working
            and self.instrument_id in ("", order.instrument_id)
            and self.run_id in ("", book.tag(order.order_id).run_id)
        ]
        if len(found) > MOST_ORDERS:
            raise NotAllowedNow(
                f"{len(found)} orders can still trade, more than {MOST_ORDERS} at once: narrow it",
                reason="TOO_MANY_ORDERS",
                order_count=str(len(found)),
            )
        return found


class Canceled(Struct, frozen=True):
    """The answer: the orders, newest first."""

    orders: tuple[OrderRecord, ...]


class CancelAllOrders:
    """All that is asked is kept in one transaction; the broker is asked right after.

    An order of which nobody knows whether the broker has it is left as it is, and told of so.
    """

    def __init__(
        self, accounts: AccountStore, instruments: InstrumentStore, dispatch: DispatchOrders
    ) -> None:
        self._accounts = accounts
        self._instruments = instruments
        self._dispatch = dispatch

    async def __call__(
        self,
        account: AccountKey,
        key: RequestKey,
        *,
        instrument: str = "",
        run_id: str = "",
        validate_only: bool = False,
    ) -> tuple[OrderRecord, ...]:
        """The orders after it was asked, newest first; with `validate_only` as they stand.

        Raises `NotFound`, and `NotAllowedNow` TOO_MANY_ORDERS.
        """
        if instrument:
            instrument = (await self._instruments.get(instrument)).instrument_id
        wanted = WorkingOrders(instrument, run_id)

        def decide(book: AccountBook) -> Canceled:
            meant = wanted.of(book)
            if not validate_only:
                ask_to_cancel_all(book, meant)
            return Canceled(tuple(book.record_of(order) for order in reversed(meant)))

        asked = await self._accounts.change(
            account.tenant,
            account.account_id,
            decide,
            request=Request(key, Canceled),
            rehearse=validate_only,
        )
        if not asked.repeated and not validate_only:
            for order in asked.value.orders:
                if order.state != OrderState.CANCELED:
                    self._dispatch.wake(account, order.order_id)
        return asked.value.orders
