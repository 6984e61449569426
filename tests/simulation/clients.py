"""Clients: each wants its orders, hears some answers, and repeats what it has not heard of."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from random import Random
from typing import Any

import msgspec

from domain.errors import Conflict, DomainError, Unavailable
from domain.orders.identity import client_decision, order_id_of, run_decision
from domain.orders.records import AccountKey, OrderRecord
from domain.orders.request import GroupRequest, OrderRequest, OrderType, Side, TimeInForce
from domain.orders.wanted import NewTerms, OrderTerms
from ports.request_log import RequestKey
from tests.simulation.dice import Dice
from tests.simulation.life import wake
from tests.simulation.node import TENANT, Node, Services

INSTRUMENTS = ("AAPL.XNAS", "MSFT.XNAS")
PATIENCE = 8.0
SILENT = "SILENT"

Act = Callable[[Services], Awaitable[Any]]


class Desk:
    """What all clients share: how to reach the service, and what they were told."""

    def __init__(self, loop: Any, dice: Dice, nodes: list[Node], seed: int) -> None:
        self.loop = loop
        self.dice = dice
        self.nodes = nodes
        self.random = Random(f"{seed} clients")
        self.asked: dict[str, tuple[AccountKey, str]] = {}
        """Each decision by the name of its order."""
        self.may_come: dict[str, tuple[AccountKey, str]] = {}
        """The exits of groups: there is no need for them before their entry trades."""
        self.told: dict[str, bytes] = {}
        """The first definite answer to each request."""
        self.wrong: list[str] = []

    async def pause(self, seconds: float) -> None:
        waiting = self.loop.create_future()
        self.loop.call_later(seconds, wake, waiting)
        await waiting

    async def insist(self, act: Act) -> object:
        """Calls until there is an answer: a value, or a refusal."""
        while True:
            answer = await self._call(act)
            if answer is not SILENT and not isinstance(answer, Unavailable | Conflict):
                return answer
            await self.pause(0.1 + self.random.random())

    async def _call(self, act: Act) -> object:
        """One call; `SILENT` when nothing was heard."""
        alive = [one.services for one in self.nodes if one.services is not None]
        if not alive or self.dice.strikes("call_lost"):
            await self.pause(1.0)
            return SILENT
        services = alive[int(self.random.random() * len(alive))]
        reply = self.loop.create_future()
        serving = self.loop.create_task(self._serve(services, act, reply))
        services.life.kept_alive.append(serving)
        timer = self.loop.call_later(PATIENCE, _answer, reply, SILENT)
        answer = await reply
        timer.cancel()
        return answer

    async def _serve(self, services: Services, act: Act, reply: Any) -> None:
        answer: object
        try:
            answer = await act(services)
        except DomainError as refusal:
            answer = refusal
        except Exception as error:  # noqa: BLE001 - whatever it is, a client may never see it
            self.wrong.append(f"a call failed with {error!r}")
            answer = SILENT
        if services.life.is_dead or self.dice.strikes("reply_lost"):
            return
        _answer(reply, answer)


class Client:
    """Places orders over the API; now and then cancels, replaces, or asks twice."""

    def __init__(self, desk: Desk, name: str, accounts: list[AccountKey], hurry: float) -> None:
        self._desk = desk
        self._name = name
        self._accounts = accounts
        self._hurry = hurry
        self._mine: list[tuple[AccountKey, str]] = []
        self._count = 0

    async def run(self, orders: int) -> None:
        """So many orders, and what else comes to its mind."""
        random = self._desk.random
        while orders > 0:
            await self._desk.pause(2 * self._hurry * random.random())
            wish = random.random()
            if wish < 0.7 or not self._mine:
                await self._place()
                orders -= 1
            elif wish < 0.9:
                await self._cancel()
            else:
                await self._replace()

    async def _place(self) -> None:
        random = self._desk.random
        account = self._accounts[int(random.random() * len(self._accounts))]
        terms = self._terms()
        key = self._key("Place", msgspec.msgpack.encode(terms))
        order_id = order_id_of(account.tenant, account.account_id, client_decision(key.request_id))
        self._desk.asked[order_id] = account, key.request_id
        self._mine.append((account, order_id))
        await self._ask(key, lambda services: services.place_order(account, terms, key))
        if self._desk.dice.strikes("other_body"):
            await self._ask_otherwise(account, terms, key)

    async def _ask_otherwise(self, account: AccountKey, terms: OrderTerms, key: RequestKey) -> None:
        other = msgspec.structs.replace(terms, quantity=terms.quantity + 1)
        twisted = msgspec.structs.replace(key, fingerprint=b"another body")
        answer = await self._desk.insist(
            lambda services: services.place_order(account, other, twisted)
        )
        reason = answer.reason if isinstance(answer, DomainError) else "taken"
        if reason != "IDEMPOTENCY_KEY_REUSED":
            self._desk.wrong.append(f"{key.request_id} with another body: {reason}")

    async def _cancel(self) -> None:
        account, order_id = self._some()
        key = self._key("Cancel", order_id.encode())
        await self._ask(key, lambda services: services.cancel_order(account, order_id, key))

    async def _replace(self) -> None:
        account, order_id = self._some()
        quantity = Decimal(self._desk.random.randint(1, 30))
        key = self._key("Replace", f"{order_id} {quantity}".encode())
        terms = NewTerms(quantity=quantity)
        await self._ask(key, lambda services: services.replace_order(account, order_id, terms, key))

    async def _ask(self, key: RequestKey, act: Act) -> None:
        """Until there is an answer; now and then once more, for the same one."""
        answer = await self._desk.insist(act)
        told = _told(answer)
        first = self._desk.told.setdefault(key.request_id, told)
        if self._desk.random.random() < 0.05:
            again = _told(await self._desk.insist(act))
            if again != first and (key.method == "Place" or isinstance(answer, OrderRecord)):
                self._desk.wrong.append(f"{key.request_id}: {first!r}, then {again!r}")

    def _some(self) -> tuple[AccountKey, str]:
        newest = self._mine[-10:]
        return newest[int(self._desk.random.random() * len(newest))]

    def _terms(self) -> OrderTerms:
        random = self._desk.random
        side = Side.BUY if random.random() < 0.6 else Side.SELL
        limit = random.random() < 0.5
        return OrderTerms(
            INSTRUMENTS[int(random.random() * len(INSTRUMENTS))],
            side,
            Decimal(random.randint(1, 20)),
            OrderType.LIMIT if limit else OrderType.MARKET,
            Decimal(random.randint(97, 103)) if limit else None,
            None,
            (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC)[random.randrange(3)],
        )

    def _key(self, method: str, fingerprint: bytes) -> RequestKey:
        self._count += 1
        return RequestKey(TENANT, self._name, method, f"{self._name}-{self._count}", fingerprint)


class Run:
    """A strategy run: its wishes go to the desk one after the other, each until it is done.

    Some of them are groups, if `groups`: an entry with two exits, of which only one may trade.
    """

    def __init__(self, desk: Desk, account: AccountKey, hurry: float, *, groups: bool) -> None:
        self._desk = desk
        self._account = account
        self._hurry = hurry
        self._groups = groups

    async def run(self, orders: int) -> None:
        """So many orders, the exits of groups among them."""
        random, account = self._desk.random, self._account
        number = 1
        while number <= orders:
            await self._desk.pause(2 * self._hurry * random.random())
            wish = self._wish(number)
            numbers = [number]
            if self._groups and random.random() < 0.3:
                wish = _bracket(wish)
                numbers += [leg.request for leg in wish.exits]
            for one in numbers:
                decision = run_decision("run_1", one)
                name = order_id_of(account.tenant, account.account_id, decision)
                kept = self._desk.asked if one == number else self._desk.may_come
                kept[name] = account, decision
            ts = int(self._desk.loop.time() * 1e9)
            await self._desk.insist(
                lambda services, wish=wish, ts=ts: services.desk.place(
                    account.tenant, account.account_id, "run_1", ts, [wish]
                )
            )
            number += len(numbers)

    def _wish(self, number: int) -> OrderRequest:
        random = self._desk.random
        side = Side.BUY if random.random() < 0.6 else Side.SELL
        return OrderRequest(number, INSTRUMENTS[0], side, random.randint(1, 20))


def _bracket(entry: OrderRequest) -> GroupRequest:
    """An entry with a take profit and a stop loss."""
    side = Side.SELL if entry.side == Side.BUY else Side.BUY
    above, below = 101 * 10**6, 99 * 10**6
    take, stop = (above, below) if side == Side.SELL else (below, above)
    return GroupRequest(
        entry,
        OrderRequest(
            entry.request + 1,
            entry.instrument_id,
            side,
            entry.quantity,
            OrderType.LIMIT,
            limit_price=take,
            time_in_force=TimeInForce.GTC,
        ),
        OrderRequest(
            entry.request + 2,
            entry.instrument_id,
            side,
            entry.quantity,
            OrderType.STOP,
            stop_price=stop,
            time_in_force=TimeInForce.GTC,
        ),
    )


def _told(answer: object) -> bytes:
    if isinstance(answer, DomainError):
        return msgspec.msgpack.encode((answer.reason, answer.facts.get("order_id", "")))
    return msgspec.msgpack.encode(answer)


def _answer(reply: Any, answer: object) -> None:
    if not reply.done():
        reply.set_result(answer)
