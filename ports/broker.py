"""A broker: takes orders, and tells what became of them."""

from collections.abc import AsyncIterator, Sequence
from enum import IntEnum
from typing import Protocol

from msgspec import Struct

from domain.instruments import Instrument
from domain.orders.records import AccountKey
from domain.orders.request import OrderType, Side, TimeInForce


class BrokerRejected(Exception):
    """The broker said no, and said it about this very attempt."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BrokerSilent(Exception):
    """No answer, or none that can be read: it may or may not have happened."""


class BrokerOrder(Struct, frozen=True):
    """An order as a broker is asked to work it. Scaled integers, by the instrument's decimals."""

    order_id: str
    """Ours; the broker takes it once."""
    instrument: Instrument
    side: Side
    quantity: int
    order_type: OrderType
    limit_price: int
    stop_price: int
    time_in_force: TimeInForce
    ts: int
    """When it was sent, by the account's clock."""


class Terms(Struct, frozen=True):
    """Terms that a replace asks for; the quantity counts what is filled already."""

    quantity: int
    limit_price: int
    stop_price: int


class Ack(Struct, frozen=True):
    """The broker has the order."""

    broker_order_id: str
    ts: int


class Found(Struct, frozen=True):
    """An order as the broker has it."""

    broker_order_id: str
    is_working: bool
    terms: Terms


class ReportKind(IntEnum):
    """What a broker says about an order."""

    FILLED = 1
    CANCELED = 2
    EXPIRED = 3
    REPLACED = 4
    REJECTED = 5


class ExecutionReport(Struct, frozen=True):
    """One message of a broker about one order."""

    number: int
    """Counts the reports of the account from 1, without a hole."""
    order_id: str
    ts: int
    kind: ReportKind
    broker_order_id: str = ""
    fill_id: str = ""
    """Names an execution, once in the life of the account."""
    quantity: int = 0
    price: int = 0
    fee: int = 0
    limit_price: int = 0
    stop_price: int = 0
    reason: str = ""


class Broker(Protocol):
    """Works orders. Every method may raise `BrokerSilent`, and a repeated call is harmless."""

    async def submit(self, account: AccountKey, order: BrokerOrder) -> Ack:
        """Hands an order over; one that the broker has under this id is not taken again.

        Raises `BrokerRejected`.
        """
        ...

    async def cancel(self, account: AccountKey, order_id: str, ts: int) -> None:
        """Asks for the end of an order; a report confirms it.

        Raises `BrokerRejected` when the order does not work there: it may be filled, or unknown.
        """
        ...

    async def replace(self, account: AccountKey, order_id: str, terms: Terms, ts: int) -> None:
        """Asks for other terms; a report confirms them. Raises `BrokerRejected`."""
        ...

    async def find(self, account: AccountKey, order_id: str) -> Found | None:
        """The order under our id. None is firm: the broker never had it."""
        ...

    async def reports(
        self, account: AccountKey, *, after: int, limit: int = 1000
    ) -> Sequence[ExecutionReport]:
        """Reports behind number `after`, in order; they can be read again at any time."""
        ...

    def arrivals(self) -> AsyncIterator[AccountKey]:
        """Accounts that have new reports, as they come, without an end."""
        ...
