"""A broker that takes an order as often as it comes, and shows it only in its lists."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from domain.orders.doubt import ASK_EVERY, SECOND, Capabilities, Question
from domain.orders.records import AccountKey
from ports.broker import (
    Ack,
    Broker,
    BrokerOrder,
    BrokerRejected,
    BrokerSilent,
    ExecutionReport,
    Found,
    Statement,
    Terms,
)
from tests.unit.orders.house import House, ManualClock, a_request, terms

LISTS = Capabilities(
    unique_order_ids=False,
    questions=(Question.OPEN_ORDERS, Question.COMPLETED_ORDERS, Question.EXECUTIONS),
    max_inflight=120 * SECOND,
)


class ForgetfulBroker(Broker):
    """Every order that arrives works. `silent` is how many submits go unanswered from now on."""

    def __init__(self) -> None:
        self.taken: list[BrokerOrder] = []
        self.under_way: list[BrokerOrder] = []
        self.canceled: list[str] = []
        self.silent = 0
        self.healthy_ts: int | None = 0

    def arrive(self, times: int = 1) -> None:
        """What was under way arrives, in so many copies."""
        self.taken += [order for order in self.under_way for _ in range(times)]
        self.under_way.clear()

    async def capabilities(self, account: AccountKey) -> Capabilities:
        return LISTS

    async def healthy_since(self, account: AccountKey) -> int | None:
        return self.healthy_ts

    async def submit(self, account: AccountKey, order: BrokerOrder) -> Ack:
        if self.silent:
            self.silent -= 1
            self.under_way.append(order)
            raise BrokerSilent("timed out")
        self.taken.append(order)
        return Ack(f"B{len(self.taken)}", order.ts)

    async def cancel(self, account: AccountKey, order_id: str, ts: int) -> None:
        if not any(order.order_id == order_id for order in self.taken):
            raise BrokerRejected("ORDER_UNKNOWN")
        self.canceled.append(order_id)

    async def replace(self, account: AccountKey, order_id: str, terms: Terms, ts: int) -> None:
        raise BrokerRejected("NOT_TODAY")

    async def ask(self, account: AccountKey, order_id: str, question: Question) -> Sequence[Found]:
        if question is not Question.OPEN_ORDERS:
            return ()
        return [
            Found(f"B{number}", True, Terms(order.quantity, order.limit_price, order.stop_price))
            for number, order in enumerate(self.taken, 1)
            if order.order_id == order_id
        ]

    async def reports(
        self, account: AccountKey, *, after: int, limit: int = 1000
    ) -> Sequence[ExecutionReport]:
        return ()

    async def statement(self, account: AccountKey, *, since: int) -> Statement:
        raise BrokerSilent("no statements")

    async def arrivals(self) -> AsyncIterator[AccountKey]:
        raise BrokerSilent("no arrivals")
        yield


class Floor(House):
    """A house at a broker that takes an order as often as it comes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ManualClock())
        self.broker = ForgetfulBroker()
        self.connect(self.broker)

    async def pass_time(self, rounds: int, every: int = ASK_EVERY) -> None:
        """So often we look again, the next look at its time."""
        for _ in range(rounds):
            self.clock.ts += every
            await self.dispatch.recover()

    async def lost(self, account: AccountKey, **wanted: object) -> str:
        """An order whose sending was not answered."""
        self.broker.silent = 1
        order = await self.place_order(account, terms(**wanted), a_request())
        await self.dispatch(account, order.order_id)
        return order.order_id
