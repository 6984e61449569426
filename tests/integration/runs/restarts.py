"""A run that is killed at a chosen step and started again, over files in a folder.

While it thinks about some of its bars, a client asks something of it: in every life anew, with the
same requests, as a client does that hears nothing.
"""

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from domain.strategies.commands import Command, Flatten, Pause, Resume, SetParameters
from domain.strategies.run import Run
from domain.strategies.wanted import Wanted
from ports.account_store import OrderQuery
from tests.houses import TENANT, House, a_house, a_request, furnish, keep, some_days
from tests.in_process import Interrupted
from tests.integration.runs.conftest import OrdersIn
from tests.mortal import Life, Mortal
from tests.strategy_sources import TUNABLE

EVERYTHING = 1_000_000
COMPARED = (
    *("number", "order_id", "request", "side", "quantity", "order_type", "limit_price"),
    *("stop_price", "time_in_force", "state", "reason", "filled_quantity"),
    *("average_fill_price", "create_ts"),
)


@dataclass
class Ended:
    """What is left of a run when it has ended."""

    state: tuple[object, ...]
    orders: list[object]
    fills: list[object]
    money: object
    positions: object
    at_broker: list[str]
    log: list[object]


Commands = Mapping[int, tuple[Callable[[Run], Run], Command]]

NO_COMMANDS: Commands = {}


def changed_size(run: Run) -> Run:
    return run.with_parameters({**run.parameters, "size": "3"})


def commands_at(*bars: int) -> Commands:
    """A pause, its end, other parameters, a flattening and its end, during those bars."""
    asked: list[tuple[Callable[[Run], Run], Command]] = [
        (Run.pausing, Pause()),
        (Run.resuming, Resume()),
        (changed_size, SetParameters({"size": "3"})),
        (Run.flattening, Flatten()),
        (Run.resuming, Resume()),
    ]
    return dict(zip(bars, asked, strict=True))


async def prepared(folder: Path, days: int) -> Run:
    """A folder with a run in it that has been kept and not begun."""
    orders = OrdersIn(folder)
    async with a_house(folder, orders) as house:
        await furnish(house, some_days(days))
        await keep(house, "mixed", TUNABLE)
        account_id = await orders.now.add()
        house.host.start = lambda _run: None  # type: ignore[method-assign]
        wanted = Wanted("mixed", "", "AAPL", "1d", {})
        run = await house.start_run(wanted, account_id, 0, request=a_request())
    orders.close()
    return run


async def lived(folder: Path, run: Run, dies_at: int = 0, commands: Commands = NO_COMMANDS) -> int:
    """One process at work on the run: until its end, or until it dies. Returns its steps."""
    life = Life(dies_at)
    orders = OrdersIn(folder, lambda thing: Mortal(thing, life))
    happens: dict[int, Callable[[], Awaitable[object]]] = {}
    async with a_house(
        folder, orders, processes=Interrupted(happens), mortal=lambda thing: Mortal(thing, life)
    ) as house:
        for bar, (change, command) in commands.items():
            happens[bar] = partial(ask, house, run, change, command, f"at bar {bar}")
        house.host.start(await house.runs.get(TENANT, run.run_id))
        ways = [
            asyncio.create_task(house.host.wait(run.run_id)),
            asyncio.create_task(life.over.wait()),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
    orders.close()
    return life.steps


async def ask(
    house: House, run: Run, change: Callable[[Run], Run], command: Command, name: str
) -> None:
    """What the use cases do, by a request of that name."""
    answer = await house.runs.ask(TENANT, run.run_id, change, command, request=a_request(name=name))
    house.host.ring(answer.run)


async def what_is_left(folder: Path, run: Run) -> Ended:
    """Reads the books, ours and the broker's."""
    orders = OrdersIn(folder)
    async with a_house(folder, orders) as house:
        accounts, account_id = orders.now.accounts, run.account_id
        listed = await accounts.orders(TENANT, account_id, OrderQuery(), before=0, limit=EVERYTHING)
        fills = await accounts.fills(TENANT, account_id, order_id="", before=0, limit=EVERYTHING)
        account = await accounts.get(TENANT, account_id)
        now = await house.runs.get(TENANT, run.run_id)
        left = Ended(
            state=(now.state, now.bar_count, now.market_ts, now.error_message, now.parameters),
            orders=[[getattr(order, name) for name in COMPARED] for order in listed],
            fills=[(f.number, f.side, f.quantity, f.price, f.fee, f.ts) for _, f in fills],
            money=(account.cash, account.reserved, account.equity, account.realised),
            positions=await accounts.positions(TENANT, account_id, after="", limit=EVERYTHING),
            at_broker=at_broker(folder),
            log=[
                (line.number, line.ts, line.writer, line.text)
                for line in await house.runs.logs(TENANT, run.run_id, after=0, limit=EVERYTHING)
            ],
        )
    orders.close()
    return left


def at_broker(folder: Path) -> list[str]:
    """The order ids in the broker's own book, in the order they came."""
    with sqlite3.connect(folder / "paper.db") as book:
        found = book.execute("SELECT order_id FROM paper_orders ORDER BY number").fetchall()
    book.close()
    return [row[0] for row in found]


def copied(folder: Path, to: Path) -> Path:
    """The folder as it was, for another life."""
    shutil.copytree(folder, to)
    return to
