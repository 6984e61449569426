"""However orders, fills and reconciliations cross each other: what is under way is no break."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

from domain.errors import DomainError
from domain.orders.reconciliation.record import Outcome, Trigger
from domain.orders.records import AccountKey
from domain.orders.request import Side, TimeInForce
from ports.broker import ExecutionReport
from tests.unit.orders.house import a_request, terms
from tests.unit.orders.reconciliation.counting_room import CountingRoom, a_counting_room
from tests.unit.orders.unreliable import UnreliableBroker


class Tardy(UnreliableBroker):
    """Tells of its reports late: up to three times it keeps the last ones to itself."""

    dice: random.Random
    kept_back = 0

    async def reports(
        self, account: AccountKey, *, after: int, limit: int = 1000
    ) -> Sequence[ExecutionReport]:
        found = await super().reports(account, after=after, limit=limit)
        if found and self.kept_back < 3 and self.dice.random() < 0.5:
            self.kept_back += 1
            return found[: self.dice.randrange(len(found))]
        self.kept_back = 0
        return found


async def no_break_is_found(folder: Path, seed: int, rounds: int, *, tardy: bool) -> None:
    """Clients, a market and reconciliations at once; `tardy`: the broker's reports come late."""
    async with a_counting_room(folder) as room:
        dice = random.Random(seed)
        if tardy:
            broker = Tardy(room.house.paper)
            broker.dice = dice
            room.connect(broker)
            await room.house.open_market(room.account)
        async with room.house.working():
            trading = asyncio.gather(
                _clients(room, random.Random(seed + 1), rounds),
                _market(room, random.Random(seed + 2), rounds),
            )
            outcomes = set()
            while not trading.done():
                trigger = dice.choice([Trigger.SCHEDULE, Trigger.SCHEDULE, Trigger.CALL])
                outcomes.add((await room.cycle(trigger)).outcome)
                await asyncio.sleep(0)
            await trading
            await room.house.dispatch.recover()
            assert (await room.cycle(Trigger.CALL)).outcome is Outcome.CLEAN
        assert outcomes <= {Outcome.CLEAN, Outcome.IN_FLIGHT}
        assert Outcome.CLEAN in outcomes
        assert await room.breaks(open_only=False) == []


async def _clients(room: CountingRoom, dice: random.Random, rounds: int) -> None:
    """Orders, cancels and replaces, as they come."""
    for _ in range(rounds):
        wanted = terms(
            dice.choice(list(Side)),
            dice.randint(1, 20),
            limit=dice.choice([None, "99", "101"]),
            time_in_force=dice.choice([TimeInForce.GTC, TimeInForce.DAY]),
        )
        try:
            order = await room.house.place_order(room.account, wanted, a_request())
            if dice.random() < 0.5:
                await asyncio.sleep(0)
                await room.house.cancel_order(room.account, order.order_id, a_request())
        except DomainError:  # it was filled first, or there is no money left
            continue


async def _market(room: CountingRoom, dice: random.Random, rounds: int) -> None:
    for _ in range(rounds):
        await room.next_bar(100.0 + dice.choice([-2, -1, 0, 1, 2]))
        await asyncio.sleep(0)
