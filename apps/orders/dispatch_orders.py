"""Brings orders to the broker and finds out what became of those it is silent about."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar
from weakref import WeakValueDictionary

import structlog

from apps.orders import steps
from apps.orders.apply_reports import ApplyReports
from apps.orders.steps import Cancel, Look, Replace, Signs, Step, Submit
from apps.orders.trail_stops import as_sent
from domain.errors import DomainError, Unavailable
from domain.orders.book import AccountBook
from domain.orders.records import AccountKey
from ports.account_store import AccountStore
from ports.broker import Broker, BrokerRejected, BrokerSilent, Found
from ports.clock import Clock
from ports.lease import Lease, LeaseLost

T = TypeVar("T")

PATIENCE = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
SWEEP_SECONDS = 10.0

_log = structlog.get_logger(__name__)


class DispatchOrders:
    """Takes an order one step at a time, each kept before and after the broker is asked.

    Where an order stands says what to do next, so a restart goes on as if nothing had happened.
    What may be done about an order in doubt follows from what its broker promises
    (`domain/orders/doubt.py`). Nothing is sent by a process that may have lost its lease.
    """

    def __init__(
        self,
        accounts: AccountStore,
        broker: Broker,
        apply_reports: ApplyReports,
        clock: Clock,
        lease: Lease,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        patience: Sequence[float] = PATIENCE,
    ) -> None:
        self._accounts = accounts
        self._broker = broker
        self._apply_reports = apply_reports
        self._clock = clock
        self._lease = lease
        self._pause = pause
        self._patience = patience
        self._waiting: asyncio.Queue[tuple[AccountKey, str]] = asyncio.Queue()
        self._turns: WeakValueDictionary[tuple[AccountKey, str], asyncio.Lock] = (
            WeakValueDictionary()
        )
        self._others: dict[tuple[AccountKey, str], deque[str]] = {}

    def wake(self, account: AccountKey, order_id: str) -> None:
        """Has the worker take the order on; returns at once."""
        self._waiting.put_nowait((account, order_id))

    async def run(self) -> None:
        """The worker, without an end: what was left open before, then what it is woken for."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sweep())
            while True:
                account, order_id = await self._waiting.get()
                group.create_task(self._quietly(account, order_id))

    async def recover(self) -> None:
        """Takes on every order whose fate is open, and returns when each is as far as it gets."""
        for account, order_id in await self._accounts.unsettled():
            await self._quietly(account, order_id)

    async def __call__(self, account: AccountKey, order_id: str) -> None:
        """Takes the order as far as the broker answers; harmless at any time, for any order.

        Raises `Unavailable` BROKER_SILENT when the broker's silence outlasts our patience; the
        order stays as it is then, with its reservation.
        """
        await self.after(account, order_id, _nothing)

    async def all(self, account: AccountKey, order_ids: Iterable[str]) -> None:
        """Takes orders on in turn, and then those that wait because of it. Raises as for one."""
        waiting = deque(order_ids)
        while waiting:
            await self.after(account, waiting.popleft(), _nothing, others=waiting)

    async def after(
        self,
        account: AccountKey,
        order_id: str,
        decide: Callable[[AccountBook], T],
        *,
        others: deque[str] | None = None,
    ) -> T:
        """Lets `decide` change the account, then takes the order on, if there is one of that name.

        What is sent first is kept in the same transaction as the decision. But as long as the last
        holder of the lease may be sending nobody knows what is under way: then only the decision
        is kept, and the rest waits until the lease is clear. Orders that wait to be sent because of
        it go to `others`; without, the worker takes them on. Raises what `decide` raises,
        `LeaseLost`, and `Unavailable` BROKER_SILENT.
        """

        def begin(book: AccountBook, order_id: str) -> tuple[T, Step | None]:
            value = decide(book)
            return value, self._begun(book, order_id) if is_clear else None

        turn = self._turns.setdefault((account, order_id), asyncio.Lock())
        async with turn, self._collecting((account, order_id), others):
            is_clear = self._lease.is_clear
            value, step = await self._keep(account, order_id, begin)
            if not is_clear:
                await self._lease.clear()
                step = await self._keep(account, order_id, self._begun)
            patience = iter(self._patience)
            while step is not None:
                try:
                    step = await self._ask(account, order_id, step)
                except BrokerSilent:
                    step = await self._keep(account, order_id, steps.unanswered, step)
                    await self._wait(patience, order_id)
        return value

    def _begun(self, book: AccountBook, order_id: str) -> Step | None:
        """What is to be done about the order, if there is one of that name."""
        return steps.next_step(book, order_id) if book.find(order_id) is not None else None

    async def _ask(self, account: AccountKey, order_id: str, step: Step) -> Step | None:
        """Sends one step, keeps the answer, and says what comes next."""
        match step:
            case Submit():
                return await self._submit(account, order_id, step)
            case Look():
                signs = await self._look(account, order_id)
                next_step = await self._keep(account, order_id, steps.located, signs)
                await self._book_reports(account, order_id)
                return next_step
            case Cancel() | Replace():
                await self._change(account, order_id, step)
                return None

    async def _submit(self, account: AccountKey, order_id: str, step: Submit) -> Step | None:
        order = step.order
        if order.trail is not None:
            order = as_sent(order, await self._broker.capabilities(account))
        self._guard()
        try:
            ack = await self._broker.submit(account, order)
        except BrokerRejected as refusal:
            return await self._keep(account, order_id, steps.refused, step, refusal.reason)
        return await self._keep(account, order_id, steps.acknowledged, step, ack)

    async def _look(self, account: AccountKey, order_id: str) -> Signs:
        """One round of all the questions that the broker answers."""
        broker = await self._broker.capabilities(account)
        asked_ts = self._clock.now()
        healthy_ts = await self._broker.healthy_since(account)
        found: dict[str, Found] = {}
        for question in broker.questions:
            for one in await self._broker.ask(account, order_id, question):
                found[one.broker_order_id] = one
        return Signs(tuple(found.values()), asked_ts, healthy_ts, broker)

    async def _change(self, account: AccountKey, order_id: str, step: Cancel | Replace) -> None:
        self._guard()
        try:
            if isinstance(step, Cancel):
                await self._broker.cancel(account, order_id, step.ts)
            else:
                await self._broker.replace(account, order_id, step.terms, step.ts)
        except BrokerRejected as refusal:
            signs = await self._look(account, order_id)
            await self._book_reports(account, order_id)
            await self._keep(account, order_id, steps.change_refused, step, refusal.reason, signs)
            return
        await self._keep(account, order_id, steps.change_taken, step)
        await self._book_reports(account, order_id)

    async def _book_reports(self, account: AccountKey, order_id: str) -> None:
        self._left(account, order_id, await self._apply_reports(account))

    def _left(self, account: AccountKey, order_id: str, to_send: Iterable[str]) -> None:
        """Orders that wait to be sent because of what became of this one."""
        others = self._others.get((account, order_id))
        for name in to_send:
            if others is None:
                self.wake(account, name)
            elif name not in others:
                others.append(name)

    @asynccontextmanager
    async def _collecting(
        self, key: tuple[AccountKey, str], others: deque[str] | None
    ) -> AsyncIterator[None]:
        if others is None:
            yield
            return
        self._others[key] = others
        try:
            yield
        finally:
            del self._others[key]

    def _guard(self) -> None:
        """Raises `LeaseLost` when a sending might end after another process took over."""
        if not self._lease.may_send():
            raise LeaseLost("the lease on the accounts is about to end or was lost")

    async def _keep(
        self, account: AccountKey, order_id: str, decide: Callable[..., T], *facts: object
    ) -> T:
        def on_the_book(book: AccountBook) -> tuple[T, bool]:
            value = decide(book, order_id, *facts)
            order = book.find(order_id)
            stood = order and order.state
            book.follow()
            return value, order is not None and order.state != stood

        change = await self._accounts.change(
            account.tenant, account.account_id, on_the_book, orders=[order_id]
        )
        value, was_followed = change.value
        self._left(
            account,
            order_id,
            [name for name in change.to_send if was_followed or name != order_id],
        )
        return value

    async def _wait(self, patience: Iterator[float], order_id: str) -> None:
        seconds = next(patience, None)
        if seconds is None:
            raise Unavailable(
                f"the broker is silent about order {order_id}",
                reason="BROKER_SILENT",
                order_id=order_id,
            )
        await self._pause(seconds)

    async def _sweep(self) -> None:
        while True:
            try:
                for account, order_id in await self._accounts.unsettled():
                    self.wake(account, order_id)
                for account in await self._accounts.keys():
                    await self._catch_up(account)
            except Unavailable as error:  # the store may be back at the next sweep
                _log.warning("orders_not_swept", why=error.message)
            await self._pause(SWEEP_SECONDS)

    async def _catch_up(self, account: AccountKey) -> None:
        """Books reports whose arrival nobody heard of, or that could not be booked then."""
        try:
            for order_id in await self._apply_reports(account):
                self.wake(account, order_id)
        except BrokerSilent as error:  # the next sweep asks again
            _log.warning("reports_left", account_id=account.account_id, why=str(error))

    async def _quietly(self, account: AccountKey, order_id: str) -> None:
        try:
            await self._lease.clear()
            await self(account, order_id)
        except DomainError as error:  # the next sweep takes it on again
            _log.warning("order_left_open", order_id=order_id, why=error.message)
        except Exception:  # noqa: BLE001 - one order must not keep the others from the broker
            _log.exception("order_left_open", order_id=order_id)


def _nothing(_book: AccountBook) -> None:
    """No decision: only what stands there is taken on."""
