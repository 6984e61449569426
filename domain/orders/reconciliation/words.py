"""Figures of a break as a person reads them."""

from domain.instruments import Instrument
from domain.orders.request import Side
from domain.orders.statement import Execution
from domain.values import money_to_decimal


def quantity(instrument: Instrument | None, scaled: int) -> str:
    """`100`; of an instrument that we do not know as the broker wrote it."""
    return str(scaled) if instrument is None else f"{instrument.quantity_to_decimal(scaled):f}"


def price(instrument: Instrument | None, scaled: int) -> str:
    """`64.75`."""
    return str(scaled) if instrument is None else f"{instrument.price_to_decimal(scaled):f}"


def money(amount: int) -> str:
    """`100000.5`."""
    return f"{money_to_decimal(amount):f}"


def traded_words(side: Side, amount: str, instrument_id: str, at: str) -> str:
    """`bought 100 AAPL.XNAS at 64.75`."""
    return f"{'bought' if side > 0 else 'sold'} {amount} {instrument_id} at {at}"


def execution_words(execution: Execution, instrument: Instrument | None) -> str:
    """What was executed."""
    return traded_words(
        execution.side,
        quantity(instrument, execution.quantity),
        execution.instrument_id,
        price(instrument, execution.price),
    )
