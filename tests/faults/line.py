"""An engine's line to the broker double, and the points of death on it."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar

import msgspec

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
from ports.lease import Lease
from tests.faults import wire
from tests.faults.points import Points
from tests.simulation.broker import NOT_UNIQUE

T = TypeVar("T")

TIMEOUT = 0.5


class DistantBroker(Broker):
    """The double, over a socket. One connection, made anew when it breaks."""

    def __init__(self, socket: str, lease: Lease, tenant: str, points: Points) -> None:
        self._socket = socket
        self._lease = lease
        self._tenant = tenant
        self._points = points
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[wire.Answer]] = {}
        self._news: set[asyncio.Queue[str]] = set()
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()
        self._healthy_ts: int | None = None
        self._promises: dict[str, Capabilities] = {}

    async def capabilities(self, account: AccountKey) -> Capabilities:
        known = self._promises.get(account.account_id)
        if known is None:
            known = await self._call(account, "capabilities", None, Capabilities)
            self._promises[account.account_id] = known
        return known

    async def healthy_since(self, account: AccountKey) -> int | None:
        await self._connected()
        return self._healthy_ts

    async def submit(self, account: AccountKey, order: BrokerOrder) -> Ack:
        return await self._call(account, "submit", wire.Submit(order), Ack)

    async def cancel(self, account: AccountKey, order_id: str, ts: int) -> None:
        await self._call(account, "cancel", wire.Cancel(order_id), None)

    async def replace(self, account: AccountKey, order_id: str, terms: Terms, ts: int) -> None:
        await self._call(account, "replace", wire.Replace(order_id, terms), None)

    async def ask(self, account: AccountKey, order_id: str, question: Question) -> Sequence[Found]:
        return await self._call(account, "ask", wire.Ask(order_id, question), list[Found])

    async def reports(
        self, account: AccountKey, *, after: int, limit: int = 1000
    ) -> Sequence[ExecutionReport]:
        return await self._call(
            account, "reports", wire.Reports(after, limit), list[ExecutionReport]
        )

    async def statement(self, account: AccountKey, *, since: int) -> Statement:
        return await self._call(account, "statement", wire.StatementOf(since), Statement)

    async def arrivals(self) -> AsyncIterator[AccountKey]:
        arrived: asyncio.Queue[str] = asyncio.Queue()
        self._news.add(arrived)
        with contextlib.suppress(BrokerSilent):
            await self._connected()
        try:
            while True:
                yield AccountKey(self._tenant, await arrived.get())
        finally:
            self._news.discard(arrived)

    def close(self) -> None:
        """Hangs up."""
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()

    async def _call(self, account: AccountKey, method: str, body: object, kind: Any) -> Any:
        writer = await self._connected()
        number = next(self._numbers)
        call = wire.Call(
            number, method, account.account_id, wire.raw(body), self._lease.epoch, self._left()
        )
        answered = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._points.writing(method, writer, frame := wire.frame(call))
            writer.write(frame)
            self._points.wrote(method, writer)
            async with asyncio.timeout(TIMEOUT):
                answer = await answered
        except (TimeoutError, ConnectionError) as error:
            raise BrokerSilent(f"no answer to {method}") from error
        finally:
            self._waiting.pop(number, None)
        self._points.heard(method)
        if answer.refused == NOT_UNIQUE:  # it has the order: who asks will find it
            raise BrokerSilent("the id is known there")
        if answer.refused:
            raise BrokerRejected(answer.refused)
        return msgspec.msgpack.decode(answer.body, type=kind)

    def _left(self) -> float:
        """Seconds that the lease still holds; only one with an end can say."""
        until = getattr(self._lease, "_until", None)
        return 1.0 if until is None else until - time.monotonic()

    async def _connected(self) -> asyncio.StreamWriter:
        async with self._connecting:
            if self._writer is None or self._writer.is_closing():
                try:
                    reader, self._writer = await asyncio.open_unix_connection(self._socket)
                except OSError as error:
                    self._healthy_ts = None
                    raise BrokerSilent("the broker cannot be reached") from error
                self._healthy_ts = time.time_ns()
                self._reading = asyncio.create_task(self._read(reader, self._writer))
            return self._writer

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                answer = await wire.read(reader, wire.Answer)
                if answer.number == 0:
                    account_id = msgspec.msgpack.decode(answer.body, type=str)
                    for arrived in self._news:
                        arrived.put_nowait(account_id)
                    continue
                waiting = self._waiting.get(answer.number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        writer.close()
