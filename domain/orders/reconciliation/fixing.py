"""How a break is settled in the books."""

from domain.errors import Conflict, NotAllowedNow
from domain.orders.book import AccountBook
from domain.orders.books import Holding
from domain.orders.events import (
    BooksAdjusted,
    FillReversed,
    OrderAccepted,
    OrderCanceled,
    OrderCreated,
    OrderFilled,
    OrderSubmitted,
)
from domain.orders.ledger import Ledger
from domain.orders.order import Order
from domain.orders.reconciliation.breaks import (
    Adjust,
    AdoptOrder,
    BookFill,
    Break,
    EndOrder,
    Rebuild,
    Rebuilt,
    ReverseFill,
    ReviveOrder,
)
from domain.orders.records import ORIGIN_EXTERNAL, FillRecord, OrderTag
from domain.orders.request import OrderType, TimeInForce
from domain.orders.risk import reserve_price
from domain.orders.state import OrderState
from domain.orders.statement import Execution, StatedOrder
from domain.values import money_to_int, to_scaled

_UNANSWERED = (OrderState.SUBMITTED, OrderState.IN_DOUBT, OrderState.PRESUMED_ABSENT)


def fix(
    book: AccountBook, one: Break, *, fill: FillRecord | None = None, rebuilt: Rebuilt | None = None
) -> None:
    """Does what its remedy says, in the books.

    Orders and fills that it names must be loaded, the instrument known. `fill` is the one to take
    back, `rebuilt` what the log makes of the account. Raises `NotAllowedNow` NO_REFERENCE_PRICE
    where nothing says what a position is worth, FIX_AT_BROKER for a remedy that is none of the
    books, and `Conflict` ACCOUNT_CHANGED when the account has gone on since the log was told.
    """
    match one.finding.remedy:
        case BookFill(order_id=name, execution=execution):
            _book(book, book.order(name), execution)
        case AdoptOrder() as adoption:
            _adopt(book, adoption)
        case EndOrder(order_id=name):
            order = book.order(name)
            if order.is_working:
                book.account.canceled(OrderCanceled(book.now, order.order_id))
        case ReviveOrder(order_id=name):
            order = book.order(name)
            if order.state == OrderState.PRESUMED_ABSENT:
                book.found(order, book.now)
        case ReverseFill() if fill is not None:
            _reverse(book, one, fill)
        case Adjust() as adjustment:
            _adjust(book, one, adjustment)
        case Rebuild() if rebuilt is not None:
            _rebuild(book, rebuilt)
        case _:
            raise NotAllowedNow(
                f"break {one.break_id} cannot be settled in the books",
                reason="FIX_AT_BROKER",
                break_id=one.break_id,
            )


def _book(book: AccountBook, order: Order, execution: Execution) -> None:
    if order.state in _UNANSWERED:
        book.found(order, execution.ts)
    book.known_to_broker(order, execution.broker_order_id)
    filled = OrderFilled(
        execution.ts, order.order_id, execution.price, execution.quantity, execution.fee
    )
    book.fill(filled, execution.fill_id)


def _adopt(book: AccountBook, adoption: AdoptOrder) -> None:
    if book.find(adoption.order_id) is None:
        event, broker_order_id = _created(book, adoption)
        book.adopt(event, OrderTag(adoption.order_id, origin=ORIGIN_EXTERNAL))
        order = book.order(adoption.order_id)
        book.account.submitted(OrderSubmitted(event.ts, order.order_id))
        book.account.accepted(OrderAccepted(event.ts, order.order_id))
        book.known_to_broker(order, broker_order_id)
    order = book.order(adoption.order_id)
    for execution in adoption.executions:
        _book(book, order, execution)
    if adoption.order is None and order.is_working:
        book.account.canceled(OrderCanceled(book.now, order.order_id))


def _created(book: AccountBook, adoption: AdoptOrder) -> tuple[OrderCreated, str]:
    """The order as its maker must have asked for it, as far as the broker says."""
    stated, executions = adoption.order, adoption.executions
    first = stated if stated is not None else executions[0]
    traded = sum(one.quantity for one in executions)
    quantity, order_type, limit, stop, tif = traded, OrderType.MARKET, 0, 0, TimeInForce.GTC
    if isinstance(stated, StatedOrder):
        quantity, limit, stop = (
            stated.terms.quantity,
            stated.terms.limit_price,
            stated.terms.stop_price,
        )
        order_type, tif = stated.order_type, stated.time_in_force
    position = book.account.position(first.instrument_id)
    reference = position.reference_price or (executions[-1].price if executions else 0)
    event = OrderCreated(
        min((one.ts for one in executions), default=book.now),
        book.account.order_count + 1,
        0,
        first.instrument_id,
        first.side,
        quantity,
        order_type,
        limit,
        stop,
        tif,
        limit or reserve_price(order_type, stop, reference),
    )
    return event, first.broker_order_id


def _reverse(book: AccountBook, one: Break, fill: FillRecord) -> None:
    instrument = book.account.position(fill.instrument_id).instrument
    order = book.order(fill.order_id)
    event = FillReversed(
        book.now,
        order.order_id,
        fill.instrument_id,
        fill.side,
        to_scaled(fill.price, instrument.price_decimals, "price"),
        to_scaled(fill.quantity, instrument.quantity_decimals, "quantity"),
        money_to_int(fill.fee, "fee"),
    )
    book.settle(event, one.break_id, fill_id=fill.fill_id)


def _adjust(book: AccountBook, one: Break, adjustment: Adjust) -> None:
    price = 0
    if adjustment.quantity:
        position = book.account.position(adjustment.instrument_id)
        average = abs(position.cost) // abs(position.quantity * position.money_factor or 1)
        price = average if position.quantity * adjustment.quantity < 0 else position.reference_price
        price = price or position.reference_price or average
        if not price:
            raise NotAllowedNow(
                f"no price of {adjustment.instrument_id} is known to take it in at",
                reason="NO_REFERENCE_PRICE",
                instrument_id=adjustment.instrument_id,
            )
    event = BooksAdjusted(
        book.now, adjustment.instrument_id, adjustment.quantity, price, adjustment.cash
    )
    book.settle(event, one.break_id)


def _rebuild(book: AccountBook, rebuilt: Rebuilt) -> None:
    if rebuilt.version != book.version:
        raise Conflict("the account has changed meanwhile", reason="ACCOUNT_CHANGED")
    kept, account = rebuilt.ledger, book.account
    account.set_right(
        Ledger(kept.cash, kept.positions, kept.fees, kept.capital, kept.realised),
        [Holding(name, *rebuilt.holdings.get(name, (0, 0, 0))) for name in account.positions],
    )
    book.reckoning.moved.update(account.positions)
    book.told += [*book.position_records(), book.account_record()]
