"""Closes positions by market orders that can only reduce them."""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal

from apps.orders.cancel_all_orders import WorkingOrders
from apps.orders.cancel_order import ask_to_cancel_all
from apps.orders.dispatch_orders import DispatchOrders
from domain.errors import NotAllowedNow, invalid
from domain.instruments import Instrument
from domain.orders.book import AccountBook
from domain.orders.closing import Closed, closable, close_at_market
from domain.orders.events import OrderCanceled
from domain.orders.identity import client_decision, order_id_of
from domain.orders.order import Order
from domain.orders.position import Position
from domain.orders.records import AccountKey
from domain.orders.state import OrderState
from ports.account_store import AccountStore, Request
from ports.instrument_store import InstrumentStore
from ports.request_log import RequestKey

ROUNDS = 3  # of canceling, before what still works is left to a later attempt
MOST_POSITIONS = 10_000

Close = Callable[[AccountBook], list[Order]]


class ClosePositions:
    """First what works is canceled and the broker's word awaited; then the rest is closed.

    What is closed is decided in the transaction that keeps the order, from the position and from
    what other orders may still take of it: no fill that crosses it leads through flat.
    """

    def __init__(
        self, accounts: AccountStore, instruments: InstrumentStore, dispatch: DispatchOrders
    ) -> None:
        self._accounts = accounts
        self._instruments = instruments
        self._dispatch = dispatch

    async def one(
        self,
        account: AccountKey,
        instrument: str,
        quantity: Decimal | None,
        key: RequestKey,
        *,
        validate_only: bool = False,
    ) -> Closed:
        """Closes so much of a position, or all of it and then cancels its orders first.

        With `validate_only` it is told as it would be. Raises `NotFound`, `InvalidRequest` for the
        quantity, `Unavailable` BROKER_SILENT, and `NotAllowedNow` POSITION_FLAT,
        QUANTITY_ABOVE_POSITION, ORDER_BUSY while an order cannot be canceled, or the gate's reason.
        """
        found = await self._instruments.get(instrument)
        wanted = _scaled(quantity, found)
        decision = _decision(key, found.instrument_id)
        first = None if wanted else WorkingOrders(found.instrument_id)

        def close(book: AccountBook) -> list[Order]:
            position = book.account.positions.get(found.instrument_id)
            if position is None or not position.quantity:
                raise NotAllowedNow(
                    f"the account holds no {found.instrument_id}",
                    reason="POSITION_FLAT",
                    instrument_id=found.instrument_id,
                )
            if wanted:
                _refuse_above(position, wanted)
            size = wanted or _whole(position)
            return [close_at_market(book, book.now, position, size, decision)]

        names = [order_id_of(account.tenant, account.account_id, decision)]
        return await self._close(account, first, close, key, names, validate_only)

    async def all(
        self, account: AccountKey, key: RequestKey, *, validate_only: bool = False
    ) -> Closed:
        """Cancels every order that can still trade and closes every position.

        An account that holds nothing has nothing closed. Raises as `one`, and `NotAllowedNow`
        TOO_MANY_ORDERS.
        """

        def close(book: AccountBook) -> list[Order]:
            return [
                close_at_market(book, book.now, one, _whole(one), _decision(key, name))
                for name, one in sorted(book.account.positions.items())
                if one.quantity
            ]

        held = await self._accounts.positions(
            account.tenant, account.account_id, after="", limit=MOST_POSITIONS
        )
        names = [
            order_id_of(account.tenant, account.account_id, _decision(key, one.instrument_id))
            for one in held
        ]
        return await self._close(account, WorkingOrders(), close, key, names, validate_only)

    async def _close(
        self,
        account: AccountKey,
        first: WorkingOrders | None,
        close: Close,
        key: RequestKey,
        names: Sequence[str],
        validate_only: bool,
    ) -> Closed:
        if validate_only:
            return await self._rehearsed(account, first, close)
        request = Request(key, Closed)
        answered = await self._accounts.answered(request)
        if answered is not None:
            return answered
        asked = await self._canceled(account, first) if first else []

        def decide(book: AccountBook) -> Closed:
            ended = [book.order(order_id) for order_id in asked]
            canceled = [order for order in ended if order.state == OrderState.CANCELED]
            return _told(book, close(book), canceled)

        closed = await self._accounts.change(
            account.tenant, account.account_id, decide, orders=[*names, *asked], request=request
        )
        if not closed.repeated:
            for order in closed.value.orders:
                self._dispatch.wake(account, order.order_id)
        return closed.value

    async def _rehearsed(
        self, account: AccountKey, first: WorkingOrders | None, close: Close
    ) -> Closed:
        def decide(book: AccountBook) -> Closed:
            meant = first.of(book) if first else []
            ask_to_cancel_all(book, meant)
            told = tuple(book.record_of(order) for order in reversed(meant))
            for order in meant:  # told as if the broker had confirmed
                if order.state == OrderState.PENDING_CANCEL:
                    book.account.canceled(OrderCanceled(book.now, order.order_id))
            orders = close(book)
            return Closed(tuple(book.record_of(order) for order in orders), told)

        rehearsed = await self._accounts.change(
            account.tenant, account.account_id, decide, rehearse=True
        )
        return rehearsed.value

    async def _canceled(self, account: AccountKey, meant: WorkingOrders) -> list[str]:
        """Cancels them and waits for the broker's word; the ids of all that were asked."""
        asked: dict[str, None] = {}

        def decide(book: AccountBook) -> list[str]:
            working = meant.of(book)
            ask_to_cancel_all(book, working)
            return [book.tag(order.order_id).order_id for order in working]

        for _ in range(ROUNDS):
            change = await self._accounts.change(account.tenant, account.account_id, decide)
            if not change.value:
                break
            asked |= dict.fromkeys(change.value)
            await self._settled(account, change.value)
        return list(asked)

    async def _settled(self, account: AccountKey, order_ids: Sequence[str]) -> None:
        results = await asyncio.gather(
            *(self._dispatch(account, order_id) for order_id in order_ids), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result


def _scaled(quantity: Decimal | None, instrument: Instrument) -> int:
    """0 for all of it."""
    if quantity is None:
        return 0
    scaled = instrument.quantity_to_int(quantity)
    if scaled <= 0:
        raise invalid("quantity", "must be above zero", reason="NOT_POSITIVE")
    return scaled


def _decision(key: RequestKey, instrument_id: str) -> str:
    return f"{client_decision(key.request_id)}|{key.method}|{instrument_id}"


def _whole(position: Position) -> int:
    """All of it. Raises `NotAllowedNow` ORDER_BUSY while an order may still take a part of it."""
    whole = abs(position.quantity)
    if closable(position) < whole:
        name = position.instrument.instrument_id
        raise NotAllowedNow(
            f"an order of {name} can still trade and cannot be canceled yet; try again",
            reason="ORDER_BUSY",
            instrument_id=name,
        )
    return whole


def _refuse_above(position: Position, quantity: int) -> None:
    most = closable(position)
    if quantity > most:
        instrument = position.instrument
        held = instrument.quantity_to_decimal(abs(position.quantity))
        left = instrument.quantity_to_decimal(most)
        raise NotAllowedNow(
            f"{held} are held, of which working orders leave {left} to close",
            reason="QUANTITY_ABOVE_POSITION",
            instrument_id=instrument.instrument_id,
            position=str(held),
            closable=str(left),
        )


def _told(book: AccountBook, orders: Sequence[Order], canceled: Sequence[Order]) -> Closed:
    newest_first = sorted(canceled, key=lambda order: -order.order_id)
    return Closed(
        tuple(book.record_of(order) for order in orders),
        tuple(book.record_of(order) for order in newest_first),
    )
