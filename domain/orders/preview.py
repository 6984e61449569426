"""What an order would do to its account, told before anything of it is kept."""

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from domain.orders.book import AccountBook
from domain.orders.order import Order
from domain.values import money_to_decimal


class OrderPreview(Struct, frozen=True):
    """In exact decimals; the first three are None while no price of the instrument is known."""

    reference_price: Decimal | None
    notional: Decimal | None
    fee: Decimal | None
    reserved: Decimal
    buying_power_after: Decimal
    position_after: Decimal


def preview_of(book: AccountBook, order: Order, fee_of: Callable[[int], int]) -> OrderPreview:
    """The figures of an order that the book has just taken down.

    `fee_of` is the fee for a fill of that value, both in scaled money. What is set aside and what
    may be spent after are read off the book: they are what a placement would make of them.
    """
    position = book.account.position(order.instrument_id)
    instrument = position.instrument
    price = order.limit_price or order.stop_price or position.reference_price
    value = price * order.quantity * position.money_factor
    return OrderPreview(
        instrument.price_to_decimal(price) if price else None,
        money_to_decimal(value) if price else None,
        money_to_decimal(fee_of(value)) if price else None,
        money_to_decimal(order.reserved),
        money_to_decimal(book.account.buying_power),
        instrument.quantity_to_decimal(position.quantity + order.side * order.quantity),
    )
