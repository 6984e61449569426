"""The broker double: a process that is never killed, and that answers as badly as it is told to.

Its book is that of the simulation. It accepts late, drops, doubles and reorders by its seed.
`python -m tests.faults.double SOCKET SEED`.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from domain.instruments import NANOSECONDS
from domain.orders.doubt import Capabilities, Question
from ports.broker import BrokerRejected
from tests.faults import wire
from tests.simulation.broker import EPOCH, BrokerBook, Limits, SimBroker
from tests.simulation.dice import Dice

INFLIGHT_SECONDS = 2.0
UNIQUE = Capabilities(
    unique_order_ids=True,
    questions=(Question.BY_ID,),
    max_inflight=int(INFLIGHT_SECONDS * NANOSECONDS),
)
NOT_UNIQUE_IDS = Capabilities(
    unique_order_ids=False,
    questions=(Question.OPEN_ORDERS, Question.COMPLETED_ORDERS, Question.EXECUTIONS),
    max_inflight=int(INFLIGHT_SECONDS * NANOSECONDS),
)
PROFILES = {"unique": UNIQUE, "not_unique": NOT_UNIQUE_IDS}
RATES = {
    "submit_lost": 0.04,
    "submit_late": 0.04,
    "submit_refused": 0.02,
    "ack_lost": 0.04,
    "submitted_twice": 0.02,
    "question_lost": 0.05,
    "change_lost": 0.05,
    "change_late": 0.03,
    "change_answer_lost": 0.05,
    "reports_lost": 0.03,
    "report_twice": 0.1,
    "arrival_lost": 0.05,
    "burst": 0.2,
}


@dataclass
class Seen:
    """What the double noticed beside its books. Times by this machine's monotonic clock."""

    submits: list[tuple[float, str, int]] = field(default_factory=list)
    """When, which order, by whose epoch."""
    stale: list[str] = field(default_factory=list)
    """Sendings of an epoch after a later one had sent."""
    past_guard: list[str] = field(default_factory=list)
    """Sendings that were written although the lease had run out."""
    faults: int = 0


class Told(msgspec.Struct):
    """Everything, for the runner."""

    books: dict[str, BrokerBook]
    seen: Seen


class Double:
    """Serves engines, and the runner by the methods `open`, `calm` and `tell`."""

    def __init__(self, seed: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._dice = Dice(seed, RATES)
        self._broker = SimBroker(seed, self._dice, _now, self._loop.call_later, _forget)
        self._seen = Seen()
        self._epoch = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One engine, or the runner, until it goes or dies."""
        name = str(id(writer))
        self._broker.listeners[name] = lambda account_id: writer.write(
            wire.frame(wire.Answer(0, "", wire.raw(account_id)))
        )
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                call = await wire.read(reader, wire.Call)
                self._loop.create_task(self._answer(call, writer))
        del self._broker.listeners[name]
        writer.close()

    async def _answer(self, call: wire.Call, writer: asyncio.StreamWriter) -> None:
        method: Callable = getattr(self, f"_{call.method}")
        try:
            answer = await method(call)
        except BrokerRejected as refusal:
            answer = wire.Answer(call.number, refusal.reason)
        if answer is not None and not writer.is_closing():
            writer.write(wire.frame(answer))

    async def _submit(self, call: wire.Call) -> wire.Answer | None:
        order = msgspec.msgpack.decode(call.body, type=wire.Submit).order
        self._note(call, order.order_id)
        dice = self._dice
        if dice.strikes("submit_lost"):
            return None
        if dice.strikes("submit_late"):
            self._later(0.9, lambda: self._broker.submit(call.account_id, order))
            return None
        ack = self._broker.submit(call.account_id, order)
        if dice.strikes("submitted_twice"):
            book = self._broker.books[call.account_id]
            if book.capabilities.unique_order_ids:
                self._later(0.9, lambda: self._broker.submit(call.account_id, order))
        return None if dice.strikes("ack_lost") else _told(call, ack)

    async def _cancel(self, call: wire.Call) -> wire.Answer | None:
        wanted = msgspec.msgpack.decode(call.body, type=wire.Cancel)
        return await self._change(
            call, lambda: self._broker.cancel(call.account_id, wanted.order_id)
        )

    async def _replace(self, call: wire.Call) -> wire.Answer | None:
        wanted = msgspec.msgpack.decode(call.body, type=wire.Replace)
        return await self._change(
            call, lambda: self._broker.replace(call.account_id, wanted.order_id, wanted.terms)
        )

    async def _change(self, call: wire.Call, act: Callable[[], None]) -> wire.Answer | None:
        if self._dice.strikes("change_lost"):
            return None
        if self._dice.strikes("change_late"):
            self._later(0.9, act)
            return None
        act()
        return None if self._dice.strikes("change_answer_lost") else _told(call, None)

    async def _ask(self, call: wire.Call) -> wire.Answer | None:
        asked = msgspec.msgpack.decode(call.body, type=wire.Ask)
        if self._dice.strikes("question_lost"):
            return None
        return _told(call, self._broker.ask(call.account_id, asked.order_id, asked.question))

    async def _reports(self, call: wire.Call) -> wire.Answer | None:
        asked = msgspec.msgpack.decode(call.body, type=wire.Reports)
        if self._dice.strikes("reports_lost"):
            return None
        reports = self._broker.books[call.account_id].reports
        return _told(call, reports[asked.after : asked.after + asked.limit])

    async def _statement(self, call: wire.Call) -> wire.Answer:
        asked = msgspec.msgpack.decode(call.body, type=wire.StatementOf)
        return _told(call, self._broker.statement(call.account_id, asked.since))

    async def _capabilities(self, call: wire.Call) -> wire.Answer:
        return _told(call, self._broker.books[call.account_id].capabilities)

    async def _open(self, call: wire.Call) -> wire.Answer:
        wanted = msgspec.msgpack.decode(call.body, type=wire.Open)
        limits = Limits(max_position=10**9, short_selling=True)
        self._broker.open(call.account_id, PROFILES[wanted.profile], limits, wanted.cash)
        return _told(call, None)

    async def _calm(self, call: wire.Call) -> wire.Answer:
        """No faults any more."""
        self._dice.calm = True
        return _told(call, None)

    async def _close(self, call: wire.Call) -> wire.Answer:
        """A session ends: what works expires."""
        self._broker.close_session()
        return _told(call, None)

    async def _last_submit(self, call: wire.Call) -> wire.Answer:
        """When an order last arrived, by the monotonic clock, and by whose epoch; 0 for never."""
        submits = self._seen.submits
        return _told(call, (submits[-1][0], submits[-1][2]) if submits else (0.0, 0))

    async def _tell(self, call: wire.Call) -> wire.Answer:
        self._seen.faults = self._dice.drawn
        return _told(call, Told(self._broker.books, self._seen))

    def _note(self, call: wire.Call, order_id: str) -> None:
        self._seen.submits.append((time.monotonic(), order_id, call.epoch))
        if call.epoch < self._epoch:
            self._seen.stale.append(order_id)
        if call.left < 0:
            self._seen.past_guard.append(order_id)
        self._epoch = max(self._epoch, call.epoch)

    def _later(self, share: float, act: Callable[[], object]) -> None:
        late = self._dice.between(0.05, INFLIGHT_SECONDS * share)
        self._loop.call_later(late, _quietly, act)


def _told(call: wire.Call, value: object) -> wire.Answer:
    return wire.Answer(call.number, "", wire.raw(value))


def _quietly(act: Callable[[], object]) -> None:
    with contextlib.suppress(BrokerRejected):  # nobody waits for this answer any more
        act()


def _now() -> float:
    return time.time() - EPOCH / NANOSECONDS


def _forget(_note: str) -> None:
    """Only the simulation hashes what happens."""


async def main(socket: str, seed: int) -> None:
    double = Double(seed)
    server = await asyncio.start_unix_server(double.serve, socket)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], int(sys.argv[2])))
