"""A broker that really works orders and really fails, as it is told; and a process that dies."""

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from enum import Enum, auto
from typing import Any

from adapters.paper.broker import PaperBroker
from domain.orders.doubt import Capabilities, Question
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


class Fault(Enum):
    """What becomes of one call."""

    NONE = auto()
    LOST = auto()  # it never arrived
    ANSWER_LOST = auto()  # it was done, and nobody heard
    REFUSED = auto()


class UnreliableBroker(Broker):
    """The paper broker behind a bad line. `faults` says what becomes of the next calls, by name."""

    def __init__(self, paper: PaperBroker) -> None:
        self.paper = paper
        self.faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.calls: list[str] = []

    def fail(self, name: str, *faults: Fault) -> None:
        """The next calls of that name fail so."""
        self.faults[name].extend(faults)

    async def submit(self, account: AccountKey, order: BrokerOrder) -> Ack:
        return await self._call("submit", lambda: self.paper.submit(account, order))

    async def cancel(self, account: AccountKey, order_id: str, ts: int) -> None:
        await self._call("cancel", lambda: self.paper.cancel(account, order_id, ts))

    async def replace(self, account: AccountKey, order_id: str, terms: Terms, ts: int) -> None:
        await self._call("replace", lambda: self.paper.replace(account, order_id, terms, ts))

    async def capabilities(self, account: AccountKey) -> Capabilities:
        return await self.paper.capabilities(account)

    async def healthy_since(self, account: AccountKey) -> int | None:
        return await self.paper.healthy_since(account)

    async def ask(self, account: AccountKey, order_id: str, question: Question) -> Sequence[Found]:
        return await self._call("ask", lambda: self.paper.ask(account, order_id, question))

    async def statement(self, account: AccountKey, *, since: int) -> Statement:
        return await self._call("statement", lambda: self.paper.statement(account, since=since))

    async def reports(
        self, account: AccountKey, *, after: int, limit: int = 1000
    ) -> Sequence[ExecutionReport]:
        return await self._call(
            "reports", lambda: self.paper.reports(account, after=after, limit=limit)
        )

    def arrivals(self) -> AsyncIterator[AccountKey]:
        return self.paper.arrivals()

    async def _call(self, name: str, act: Callable[[], Awaitable[Any]]) -> Any:
        self.calls.append(name)
        fault = self.faults[name].popleft() if self.faults[name] else Fault.NONE
        if fault is Fault.LOST:
            raise BrokerSilent("lost")
        if fault is Fault.REFUSED:
            raise BrokerRejected("NOT_TODAY")
        answer = await act()
        if fault is Fault.ANSWER_LOST:
            raise BrokerSilent("answer lost")
        return answer


class Died(BaseException):
    """The process is gone, in the middle of something."""


class Mortal:
    """Stands before a store or a broker, and dies before or after its nth step of all."""

    def __init__(self, inside: Any, life: "Life", names: Sequence[str]) -> None:
        self._inside, self._life, self._names = inside, life, names

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._inside, name)
        if name not in self._names:
            return act

        async def step(*arguments: Any, **named: Any) -> Any:
            self._life.step()
            answer = await act(*arguments, **named)
            self._life.step()
            return answer

        return step


class Life:
    """How many steps are left; each is before or after something durable."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self) -> None:
        if self.left == 0:
            raise Died
        self.left -= 1
