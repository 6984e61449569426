"""What a broker says: about one order in a report, about an account in a statement."""

from enum import IntEnum

from msgspec import Struct

from domain.orders.request import OrderType, Side, TimeInForce


class Terms(Struct, frozen=True):
    """Terms that a replace asks for; the quantity counts what is filled already."""

    quantity: int
    limit_price: int
    stop_price: int


class StatedOrder(Struct, frozen=True):
    """An order that works at the broker. `order_id` is empty where it came without one."""

    order_id: str
    broker_order_id: str
    instrument_id: str
    side: Side
    filled_quantity: int
    terms: Terms
    order_type: OrderType
    time_in_force: TimeInForce


class Execution(Struct, frozen=True):
    """One execution as the broker states it, of our orders and of others in the account."""

    fill_id: str
    order_id: str
    broker_order_id: str
    instrument_id: str
    side: Side
    quantity: int
    price: int
    fee: int
    ts: int


class Statement(Struct, frozen=True):
    """An account as the broker sees it at one moment. Scaled integers, money at 10^-9."""

    ts: int
    report_count: int
    """The number of the last execution report that it contains."""
    cash: int | None
    """None where the broker does not tell it."""
    positions: dict[str, int]
    """Signed quantities by instrument, flat ones left out."""
    orders: tuple[StatedOrder, ...]
    """All that work."""
    executions: tuple[Execution, ...]
    """Those since the time asked for, oldest first."""


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
