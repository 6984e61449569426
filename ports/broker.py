"""A broker: takes orders, and tells what became of them."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from msgspec import Struct

from domain.instruments import Instrument
from domain.orders.doubt import Capabilities, Question
from domain.orders.order import Trail
from domain.orders.records import AccountKey
from domain.orders.request import OrderType, Side, TimeInForce
from domain.orders.statement import (
    Execution,
    ExecutionReport,
    ReportKind,
    StatedOrder,
    Statement,
    Terms,
)

__all__ = [
    "Ack",
    "Broker",
    "BrokerOrder",
    "BrokerRejected",
    "BrokerSilent",
    "Capabilities",
    "Execution",
    "ExecutionReport",
    "Found",
    "Question",
    "ReportKind",
    "StatedOrder",
    "Statement",
    "Terms",
]


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
    reduces: bool = False
    """It can only reduce what the account holds."""
    reserve_price: int = 0
    """At which price it was paid for; 0 for one that only reduces, or where none was known."""
    link: int = 0
    """Exits with the same link share what they may trade: a broker may know, it need not."""
    trail: Trail | None = None
    """How far its stop follows the market, where the broker moves it."""


class Ack(Struct, frozen=True):
    """The broker has the order."""

    broker_order_id: str
    ts: int


class Found(Struct, frozen=True):
    """An order as the broker has it."""

    broker_order_id: str
    is_working: bool
    terms: Terms


class Broker(Protocol):
    """Works orders. Every method may raise `BrokerSilent`."""

    async def capabilities(self, account: AccountKey) -> Capabilities:
        """What the broker of this account promises."""
        ...

    async def healthy_since(self, account: AccountKey) -> int | None:
        """Since when we could have heard everything from it, nanoseconds UTC; None while not."""
        ...

    async def submit(self, account: AccountKey, order: BrokerOrder) -> Ack:
        """Hands an order over; one with unique ids takes it once under this id.

        Raises `BrokerRejected`, but `BrokerSilent` where it says that it knows the id: who asks
        finds the order.
        """
        ...

    async def cancel(self, account: AccountKey, order_id: str, ts: int) -> None:
        """Asks for the end of an order; a report confirms it. Harmless twice.

        Raises `BrokerRejected` when the order does not work there: it may be filled, or unknown.
        """
        ...

    async def replace(self, account: AccountKey, order_id: str, terms: Terms, ts: int) -> None:
        """Asks for other terms; a report confirms them. Harmless twice. Raises `BrokerRejected`."""
        ...

    async def ask(self, account: AccountKey, order_id: str, question: Question) -> Sequence[Found]:
        """What the answer shows of our order. More than one: the broker took it more than once.

        Nothing is evidence, and proof only where `Capabilities.says_no` and nothing is in flight.
        """
        ...

    async def reports(
        self, account: AccountKey, *, after: int, limit: int = 1000
    ) -> Sequence[ExecutionReport]:
        """Reports behind number `after`, in order; they can be read again at any time.

        Those of one order come as they happened, an execution perhaps again under a later number;
        those of different orders come in any order, and any may come before `submit` answers.
        """
        ...

    async def statement(self, account: AccountKey, *, since: int) -> Statement:
        """The account as the broker sees it, with what was executed since then (ns UTC)."""
        ...

    def arrivals(self) -> AsyncIterator[AccountKey]:
        """Accounts that have new reports, as they come, without an end."""
        ...
