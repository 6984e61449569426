"""The kill switch on top of a house of orders: the real stores, workers and paper broker."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from adapters.sql.kill_switch_store import SqlKillSwitchStore
from adapters.sql.ownership import SqlOwnership
from adapters.sql.run_store import SqlRunStore
from adapters.sql.strategy_store import SqlStrategyStore
from adapters.system.ids import RandomIds
from apps.orders.kill.bring_down import BringDown
from apps.orders.kill.cancel_meant import CancelMeant
from apps.orders.kill.close_meant import CloseMeant
from apps.orders.kill.enforce import EnforceKillSwitches
from apps.orders.kill.press_kill_switch import PressKillSwitch, WantedPress
from apps.orders.kill.read_kill_switches import ReadKillSwitches
from apps.orders.kill.release_kill_switch import ReleaseKillSwitch
from apps.orders.kill.verify import Verify
from apps.orders.kill.watch_kill_switches import WatchKillSwitches
from domain.errors import NotAllowedNow
from domain.orders.kill_switch import KillMode, KillSwitch, Left
from domain.orders.records import AccountKey
from domain.orders.request import OrderRequest, Side
from domain.orders.risk import RiskLimits
from domain.strategies.library import StrategyVersion
from domain.strategies.run import Replay, Run, RunState
from ports.account_store import AccountStore
from ports.broker import Broker
from ports.kill_switch import KillFile
from tests.builders import AAPL, a_bar
from tests.unit.orders.house import TENANT, House, ManualClock, a_request, terms


async def until_woken(seconds: float) -> None:
    """No sweep after the first: whoever wants one wakes the worker."""
    await asyncio.Event().wait()


class ManualKillFile(KillFile):
    """There when it is said so."""

    def __init__(self) -> None:
        self.there = False

    def is_there(self) -> bool:
        return self.there


class KillHouse(House):
    """One process with a kill switch; nothing of it works in the background."""

    def __init__(self, folder: Path, clock: ManualClock | None = None) -> None:
        super().__init__(folder, clock or ManualClock())
        self.runs = SqlRunStore(self.database, self.clock)
        self.kills = SqlKillSwitchStore(self.database, self.clock)
        self.rung: list[str] = []
        self.woken = 0
        self.behind(self.paper)
        self.press_kill_switch = PressKillSwitch(
            self.kills,
            SqlOwnership(self.database),
            self.instruments,
            self.clock,
            RandomIds(),
            self._wake,
        )
        self.release_kill_switch = ReleaseKillSwitch(self.kills, self.clock)
        self.read_kill_switches = ReadKillSwitches(self.kills, ManualKillFile(), self.places)
        self.watch_kill_switches = WatchKillSwitches(self.kills, self.streams, self.bus)

    def behind(
        self,
        broker: Broker,
        accounts: AccountStore | None = None,
        pause: Callable[[float], Awaitable[None]] = until_woken,
    ) -> None:
        """Trade, and enforce, through this broker from now on."""
        self.connect(broker, accounts)
        store = accounts or self.accounts
        bring_down = BringDown(
            self.kills,
            self.runs,
            CancelMeant(store, self.dispatch),
            CloseMeant(store, self.dispatch, self.clock),
            Verify(store, broker, self.runs, self.clock),
        )
        self.enforce = EnforceKillSwitches(
            self.kills,
            self.runs,
            bring_down,
            lambda run: self.rung.append(run.run_id),
            pause=pause,
        )

    async def press(self, mode: KillMode = KillMode.HALT_NEW, **narrowed: Any) -> KillSwitch:
        """Pressed, and nothing else done yet."""
        return await self.press_kill_switch(WantedPress(mode, **narrowed), a_request())

    async def enforced(self, switch: KillSwitch) -> KillSwitch:
        """The switch after the worker took it as far as it goes now."""
        await self.enforce.once()
        return await self.kills.get(TENANT, switch.kill_switch_id)

    async def release(self, switch: KillSwitch) -> KillSwitch:
        return await self.release_kill_switch(switch.kill_switch_id, "all is well", a_request())

    async def drive(
        self, account: AccountKey, run_id: str = "run_1", strategy_id: str = "sma-cross"
    ) -> Run:
        """A run at work in the account: it shows the account a market from now on."""
        run = Run(
            account.tenant,
            run_id,
            strategy_id,
            "v1",
            account.account_id,
            AAPL,
            "1m",
            {},
            Replay(),
            1000,
            self.clock.now(),
        )
        await self.runs.start(run)
        instruments = {AAPL: await self.instruments.get(AAPL)}
        await self.desk.open(account.tenant, account.account_id, run_id, instruments)
        return run

    async def keep_strategy(self, strategy_id: str) -> None:
        """A strategy of the tenant by that name."""
        version = StrategyVersion(TENANT, strategy_id, "v1", "A", "", (), "", 1)
        await SqlStrategyStore(self.database).push(version)

    async def end_run(self, run: Run) -> None:
        await self.desk.close(run.tenant, run.account_id, run.run_id)
        await self.runs.change(
            run.tenant, run.run_id, lambda now: replace(now, state=RunState.STOPPED)
        )

    def _wake(self) -> None:
        self.woken += 1
        self.enforce.wake()


async def holding(
    house: KillHouse, size: int = 100, limits: RiskLimits | None = None
) -> AccountKey:
    """An account that a run drives, and that holds so much of AAPL, signed."""
    account = await house.account("1000000", limits)
    await house.drive(account)
    await house.show(account, a_bar(minute=0))
    await house.place(account, terms(Side.BUY if size > 0 else Side.SELL, abs(size)))
    await house.show(account, a_bar(minute=1))
    assert await held(house, account) == size
    return account


async def held(house: KillHouse, account: AccountKey, instrument_id: str = AAPL) -> Decimal:
    return (await house.read.position(account, instrument_id)).quantity


async def wish(house: KillHouse, account: AccountKey, wanted: OrderRequest) -> None:
    """The run that drives the account wishes."""
    await house.desk.place(TENANT, account.account_id, "run_1", a_bar().ts, [wanted])


async def refusal(house: KillHouse, account: AccountKey, **wanted: object) -> str:
    """Why a client's order is refused; empty when it is taken."""
    try:
        await house.place(account, terms(**wanted))  # type: ignore[arg-type]
    except NotAllowedNow as error:
        return error.reason
    return ""


def left(switch: KillSwitch) -> list[Left]:
    return [one.reason for one in switch.residuals]
