"""A process's line to the broker: calls are lost, late or doubled, and answers never come."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Any

from domain.orders.records import AccountKey
from ports.broker import (
    Ack,
    Broker,
    BrokerOrder,
    BrokerRejected,
    BrokerSilent,
    Capabilities,
    ExecutionReport,
    Found,
    Question,
    Statement,
    Terms,
)
from tests.simulation.broker import EPOCH, NOT_UNIQUE, SimBroker
from tests.simulation.lease import SimLease
from tests.simulation.life import Life

SEND_TIMEOUT = 5.0


class SimLine(Broker):
    """The broker as one process reaches it."""

    def __init__(self, life: Life, broker: SimBroker, tenant: str, lease: SimLease) -> None:
        self._life = life
        self._broker = broker
        self._tenant = tenant
        self._lease = lease

    async def capabilities(self, account: AccountKey) -> Capabilities:
        return self._broker.books[account.account_id].capabilities

    async def healthy_since(self, account: AccountKey) -> int | None:
        healthy_from = self._broker.books[account.account_id].healthy_from
        if healthy_from > self._life.loop.time():
            return None
        return EPOCH + int(healthy_from * 1e9)

    async def submit(self, account: AccountKey, order: BrokerOrder) -> Ack:
        life, dice = self._life, self._life.dice
        self._check_guard(order.order_id)
        await life.step(0.01)
        most = self._broker.books[account.account_id].capabilities.max_inflight / 1e9
        if not most and self._lease.was_taken():
            await self._time_out()  # paper lives in its process: nothing of another's comes there
        self._may_be_reset(account)
        if dice.strikes("submit_lost") or dice.strikes("rate_limited"):
            await self._time_out()
        if most and dice.strikes("submit_late"):
            self._send_late(account.account_id, order, dice.between(0.1, most * 0.9))
            await self._time_out()
        unique = self._broker.books[account.account_id].capabilities.unique_order_ids
        if most and not unique and dice.strikes("submit_too_late"):
            self._broker.books[account.account_id].broke_promise.add(order.order_id)
            self._send_late(account.account_id, order, dice.between(most * 1.1, most * 3.0))
            await self._time_out()
        if unique and dice.strikes("submitted_twice"):
            self._arrive(account.account_id, order)  # a proxy hears nothing and sends it again
            await life.step(1.0)
        ack = self._answered(lambda: self._broker.submit(account.account_id, order))
        await life.step(0.01)
        if dice.strikes("ack_lost"):
            await self._time_out()
        return ack()

    async def cancel(self, account: AccountKey, order_id: str, ts: int) -> None:
        await self._change(account, lambda: self._broker.cancel(account.account_id, order_id))

    async def replace(self, account: AccountKey, order_id: str, terms: Terms, ts: int) -> None:
        await self._change(
            account, lambda: self._broker.replace(account.account_id, order_id, terms)
        )

    async def ask(self, account: AccountKey, order_id: str, question: Question) -> Sequence[Found]:
        await self._life.step()
        if self._life.dice.strikes("question_lost"):
            await self._time_out(1.0)
        return self._broker.ask(account.account_id, order_id, question)

    async def statement(self, account: AccountKey, *, since: int) -> Statement:
        await self._life.step()
        return self._broker.statement(account.account_id, since)

    async def reports(
        self, account: AccountKey, *, after: int, limit: int = 1000
    ) -> Sequence[ExecutionReport]:
        await self._life.step()
        if self._life.dice.strikes("reports_lost"):
            await self._time_out(1.0)
        return self._broker.books[account.account_id].reports[after : after + limit]

    async def arrivals(self) -> AsyncIterator[AccountKey]:
        arrived: asyncio.Queue[str] = asyncio.Queue()
        self._broker.listeners[self._life.name] = arrived.put_nowait
        while True:
            account_id = await arrived.get()
            await self._life.step()
            yield AccountKey(self._tenant, account_id)

    async def _change(self, account: AccountKey, act: Callable[[], None]) -> None:
        life, dice = self._life, self._life.dice
        self._check_guard("a change")
        await life.step(0.01)
        self._may_be_reset(account)
        if dice.strikes("change_lost") or dice.strikes("rate_limited"):
            await self._time_out()
        if dice.strikes("change_late"):
            life.loop.call_later(dice.between(0.1, 10.0), _quietly, act)
            await self._time_out()
        answer = self._answered(act)
        await life.step(0.01)
        if dice.strikes("change_answer_lost"):
            await self._time_out()
        answer()

    def _answered(self, act: Callable[[], Any]) -> Callable[[], Any]:
        """The broker acts now; its answer is still on its way."""
        try:
            value = act()
        except BrokerRejected as refusal:
            if refusal.reason == NOT_UNIQUE:
                return _silence
            return _raiser(refusal)
        return lambda: value

    def _check_guard(self, what: str) -> None:
        if not self._lease.may_send():
            self._broker.past_the_guard.append(f"{self._life.name} sent {what} past its guard")

    def _send_late(self, account_id: str, order: BrokerOrder, seconds: float) -> None:
        self._broker.books[account_id].in_flight[order.order_id] += 1
        self._life.loop.call_later(seconds, self._arrive_late, account_id, order)

    def _arrive_late(self, account_id: str, order: BrokerOrder) -> None:
        self._broker.books[account_id].in_flight[order.order_id] -= 1
        self._arrive(account_id, order)

    def _arrive(self, account_id: str, order: BrokerOrder) -> None:
        _quietly(lambda: self._broker.submit(account_id, order))

    def _may_be_reset(self, account: AccountKey) -> None:
        if self._life.dice.strikes("session_reset"):
            self._broker.reset_session(account.account_id)

    async def _time_out(self, seconds: float = SEND_TIMEOUT) -> None:
        await self._life.pause(seconds)
        raise BrokerSilent("no answer")


def _raiser(refusal: BrokerRejected) -> Callable[[], Any]:
    def answer() -> Any:
        raise refusal

    return answer


def _silence() -> Any:
    """A broker that says it knows the id says that it has the order: who asks will find it."""
    raise BrokerSilent("the id is known there")


def _quietly(act: Callable[[], object]) -> None:
    with suppress(BrokerRejected):  # nobody waits for this answer any more
        act()
