"""The last limit before a broker: it knows no account and no strategy, and cannot be argued with.

The risk gate may have a fault; this one shares no code and no figures with it.
"""

from collections.abc import AsyncIterator, Sequence
from decimal import Decimal

from msgspec import Struct

from domain.orders.doubt import Capabilities, Question
from domain.orders.records import AccountKey
from domain.values import money_to_int
from ports.broker import (
    Ack,
    Broker,
    BrokerOrder,
    BrokerRejected,
    ExecutionReport,
    Found,
    Statement,
    Terms,
)
from ports.clock import Clock

ORDER_RATE = "BROKER_ORDER_RATE"
NOTIONAL_RATE = "BROKER_NOTIONAL_RATE"

_MINUTE = 60 * 10**9


class SendingLimits(Struct, frozen=True):
    """What may be sent to one broker in a minute, orders and money; the money counts what opens."""

    orders_per_minute: int
    notional_per_minute: Decimal


class LimitedBroker(Broker):
    """Refuses what is too much before it is sent; cancels always pass.

    Orders that only reduce have a measure of their own, so that nothing can keep a position open.
    """

    def __init__(self, broker: Broker, limits: SendingLimits, clock: Clock) -> None:
        self._broker = broker
        self._clock = clock
        self._opening = _Bucket(limits.orders_per_minute)
        self._reducing = _Bucket(limits.orders_per_minute)
        self._notional = _Bucket(money_to_int(limits.notional_per_minute, "notional_per_minute"))

    async def submit(self, account: AccountKey, order: BrokerOrder) -> Ack:
        now = self._clock.now()
        orders = self._reducing if order.reduces else self._opening
        if not orders.has(1, now):
            raise BrokerRejected(ORDER_RATE)
        price = order.limit_price or order.reserve_price
        notional = 0 if order.reduces else price * order.quantity * order.instrument.money_factor
        if not self._notional.has(notional, now):
            raise BrokerRejected(NOTIONAL_RATE)
        orders.take(1)
        self._notional.take(notional)
        return await self._broker.submit(account, order)

    async def cancel(self, account: AccountKey, order_id: str, ts: int) -> None:
        await self._broker.cancel(account, order_id, ts)

    async def replace(self, account: AccountKey, order_id: str, terms: Terms, ts: int) -> None:
        """Counts as an order."""
        if not self._opening.has(1, self._clock.now()):
            raise BrokerRejected(ORDER_RATE)
        self._opening.take(1)
        await self._broker.replace(account, order_id, terms, ts)

    async def capabilities(self, account: AccountKey) -> Capabilities:
        return await self._broker.capabilities(account)

    async def healthy_since(self, account: AccountKey) -> int | None:
        return await self._broker.healthy_since(account)

    async def ask(self, account: AccountKey, order_id: str, question: Question) -> Sequence[Found]:
        return await self._broker.ask(account, order_id, question)

    async def reports(
        self, account: AccountKey, *, after: int, limit: int = 1000
    ) -> Sequence[ExecutionReport]:
        return await self._broker.reports(account, after=after, limit=limit)

    async def statement(self, account: AccountKey, *, since: int) -> Statement:
        return await self._broker.statement(account, since=since)

    def arrivals(self) -> AsyncIterator[AccountKey]:
        return self._broker.arrivals()


class _Bucket:
    """Holds what one minute allows, and fills again as time passes. Full at first."""

    def __init__(self, most: int) -> None:
        self._most = most * _MINUTE  # in parts of a nanosecond's share, so that nothing is rounded
        self._left = self._most
        self._ts = 0

    def has(self, amount: int, now: int) -> bool:
        passed = max(0, min(now - self._ts, _MINUTE))  # a clock set back gives nothing
        self._ts = now
        self._left = min(self._most, self._left + passed * (self._most // _MINUTE))
        return self._left >= amount * _MINUTE

    def take(self, amount: int) -> None:
        self._left -= amount * _MINUTE
