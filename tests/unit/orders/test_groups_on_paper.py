"""A run's groups on paper: decided, kept and sent as in a backtest over the same bars."""

from decimal import Decimal
from pathlib import Path

import pytest

from domain.backtests import BacktestSpec, run_backtest
from domain.instruments import Instruments
from domain.market_data.bar import Bar
from domain.market_data.columns import BarColumns
from domain.orders.account import Account
from domain.orders.events import CapitalDeposited, events_to_bytes
from domain.orders.records import AccountKey
from domain.orders.risk import RiskLimits
from domain.strategies.runner import StrategyRunner
from domain.values import money_to_int
from tests.builders import AAPL, a_walk, an_instrument
from tests.unit.domain.backtests.grouping import Grouper
from tests.unit.orders.house import House, a_house

CASH = money_to_int(Decimal(100_000))
INSTRUMENTS = Instruments([an_instrument()])
RUN = "run_1"


class PaperRun:
    """A strategy on the desk, told of its account before each bar."""

    def __init__(self, house: House, account: AccountKey, seed: int) -> None:
        self.house, self.account = house, account
        shadow = Account(INSTRUMENTS, RiskLimits(), lambda _: None)
        self.runner = StrategyRunner(Grouper(seed), shadow, INSTRUMENTS)
        self.heard = 0

    async def over(self, bars: BarColumns) -> bytes:
        """What happened in the account, from the first event to the last."""
        wishes = self.runner.start()
        await self.hear()
        for bar in map(Bar, [AAPL] * len(bars), *(column.tolist() for column in bars.arrays)):
            await self.house.show(self.account, bar)
            wishes += await self.hear()
            wishes += self.runner.step(bar)
            await self.house.desk.place(
                self.account.tenant, self.account.account_id, RUN, bar.ts, wishes
            )
            wishes = await self.hear()
        log = [entry.event for entry in await self.house.log(self.account)]
        return events_to_bytes([one for one in log if not isinstance(one, CapitalDeposited)])

    async def hear(self) -> list[object]:
        """News of the account; what the strategy wishes for on it waits for the bar."""
        news = await self.house.desk.entries(
            self.account.tenant, self.account.account_id, after=self.heard
        )
        wishes: list[object] = []
        for entry in news:
            self.heard = entry.version
            wishes += self.runner.step(entry.event)
        return wishes


@pytest.mark.parametrize(("seed", "volume_percent"), [(1, 0), (2, 4)])
async def test_a_run_of_groups_on_paper_makes_the_log_of_its_backtest(
    tmp_path: Path, seed: int, volume_percent: int
) -> None:
    bars = a_walk(180, seed)
    spec = BacktestSpec(Grouper(seed), INSTRUMENTS, CASH, volume_percent=volume_percent)
    tested = run_backtest(spec, {AAPL: [bars]})
    async with a_house(tmp_path, volume_percent=volume_percent) as house:
        account = await house.account("100000")
        await house.open_market(account, RUN)
        log = await PaperRun(house, account, seed).over(bars)
    decided = [one for one in tested.events() if not isinstance(one, CapitalDeposited)]
    assert len(decided) > 80
    assert log == events_to_bytes(decided)
