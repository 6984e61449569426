"""A house with the real orders service, and a client who acts during chosen bars."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from domain.errors import DomainError
from domain.orders.records import OrderRecord
from domain.orders.risk import RiskLimits
from domain.orders.wanted import NewAccount
from domain.strategies.run import Run
from domain.strategies.wanted import Wanted
from ports.account_store import OrderQuery
from ports.request_log import RequestKey
from tests.houses import AAPL, TENANT, House, a_request, keep
from tests.integration.runs.conftest import OrdersIn
from tests.strategy_sources import HEAD

ADDS = (
    HEAD
    + '''
@dataclass
class Adds(Strategy):
    """Buys at each bar, but sells 5 at each fourth; has a limit far away at the first."""
    instrument_id: str
    size: int = 10
    lucky: int = 7

    def __post_init__(self) -> None:
        if self.lucky == 13:
            raise ValueError("13 is not lucky")

    def on_start(self, ctx: Context) -> None:
        self.count = 0
        ctx.log(f"starts with {self.size}")

    def on_order(self, order, ctx: Context) -> None:
        if order.reason:
            ctx.log(f"{order.state.name} {order.reason}")

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        self.count += 1
        if self.count == 1:
            ctx.buy(self.instrument_id, 1, limit=1, time_in_force="GTC")
        if self.count % 4 == 0:
            ctx.sell(self.instrument_id, 5)
        else:
            ctx.buy(self.instrument_id, self.size)
'''
)
KEEPS = (
    ADDS
    + """
    def on_parameters(self, ctx: Context) -> None:
        ctx.log(f"{self.count} bars, now with {self.size}")
"""
)
Happens = dict[int, Callable[[], Awaitable[object]]]


class Desk:
    """A house with the real orders service, and a client who acts during chosen bars."""

    def __init__(self, house: House, orders: OrdersIn, happens: Happens) -> None:
        self.house = house
        self.orders = orders.now
        self.happens = happens

    async def start(self, limits: RiskLimits | None = None, source: str = ADDS) -> Run:
        await keep(self.house, "adds", source)
        new = NewAccount("test", Decimal(100_000), limits=limits or RiskLimits())
        account = await self.orders.create_account(TENANT, new, a_request())
        wanted = Wanted("adds", "", "AAPL", "1d", {})
        return await self.house.start_run(wanted, account.terms.account_id, 0, request=a_request())

    async def ended(self, run: Run) -> Run:
        await self.house.host.wait(run.run_id)
        return await self.house.runs.get(TENANT, run.run_id)

    async def placed(self, run: Run) -> list[OrderRecord]:
        """Oldest first."""
        found = await self.orders.accounts.orders(
            TENANT, run.account_id, OrderQuery(), before=0, limit=10_000
        )
        return list(reversed(found))

    async def held(self, run: Run) -> Decimal:
        found = await self.orders.accounts.position(TENANT, run.account_id, AAPL.instrument_id)
        assert found is not None
        return found.quantity


async def flattened_at(desk: Desk, run: Run, bar: int, request: RequestKey) -> "asyncio.Task":
    """A client who flattens during that bar, and waits for the answer."""
    begun: asyncio.Future[asyncio.Task] = asyncio.get_running_loop().create_future()

    async def flatten() -> None:
        if not begun.done():
            begun.set_result(asyncio.create_task(_flatten()))
            async for _ in desk.house.bus.follow("runs", run.run_id, after=0):
                if (await desk.house.runs.get(TENANT, run.run_id)).has_commands:
                    return

    async def _flatten():
        return await desk.house.flatten_run(run.run_id, request=request)

    desk.happens[bar] = flatten
    return await begun


async def reason_of(verb, run: Run, *arguments: object, **named: object) -> str:
    with pytest.raises(DomainError) as refusal:
        await verb(run.run_id, *arguments, request=a_request(), **named)
    return refusal.value.reason
