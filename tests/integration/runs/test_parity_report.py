"""Why a paper run and its backtest, or its own rehearsal, do not agree; and that they do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.replay.feed import ReplayFeed
from apps.paging import Places
from apps.reports.backtest_record import BacktestRecord
from apps.reports.compare_parity import CompareParity
from apps.reports.rehearse_run import RehearseRun
from apps.reports.run_record import RunRecord
from apps.strategies.bell import Bell
from apps.strategies.drive import DriveRun
from apps.strategies.host import RunHost
from apps.strategies.reins import Reins
from domain.errors import DomainError
from domain.market_data.bar import Bar
from domain.market_data.columns import BarColumns, bar_columns
from domain.reports.parity.records import RecordKind
from domain.reports.parity.report import Parity
from domain.reports.parity.shares import Component
from domain.simulation.fees import Fees
from domain.strategies.run import Run
from domain.strategies.wanted import Wanted
from domain.values import MONEY_SCALE
from ports.market_data_feed import MarketDataFeed
from tests.houses import TENANT, House, a_house, a_request, furnish, keep, some_days
from tests.in_process import InProcess
from tests.integration.runs.conftest import Orders, OrdersIn
from tests.strategy_sources import GROUPED, LIBRARY, MIXED

CROSS = LIBRARY["sma-cross"]
QUICK = {"fast": "3", "slow": "8"}


def report_on(house: House, orders: Orders, fees: Fees | None = None) -> CompareParity:
    runs, accounts, instruments = house.runs, orders.accounts, house.instruments
    return CompareParity(
        runs,
        RunRecord(runs, accounts, instruments),
        BacktestRecord(house.backtests, house.results, instruments),
        RehearseRun(runs, house.strategies, instruments, accounts, house.processes, fees),
        Places(b"secret"),
    )


async def compared(house: House, orders: Orders, left: str, right: str = "") -> Parity:
    ask = report_on(house, orders)
    report, _, _ = await ask(TENANT, left, right, show_equal=False, size=0, token="")
    shares = report.shares.values()
    assert sum(share.amount for share in shares) == report.difference
    assert report.difference == report.left.result - report.right.result
    return report


def counts(report: Parity) -> dict[Component, int]:
    return {one: share.decision_count for one, share in report.shares.items()}


def only(component: Component, report: Parity) -> bool:
    """Whether that component differs and no other does."""
    return all((count > 0) == (one is component) for one, count in counts(report).items())


async def run_of(house: House, orders: Orders, source: str, **parameters: str) -> Run:
    await keep(house, "mine", source)
    wanted = Wanted("mine", "", "AAPL", "1d", parameters, None, None)
    run = await house.start_run(wanted, await orders.add(), 0, request=a_request())
    await house.host.wait(run.run_id)
    return await house.runs.get(TENANT, run.run_id)


async def backtest_of(house: House, **parameters: str) -> str:
    wanted = Wanted("mine", "", "AAPL", "1d", parameters, None, None)
    backtest = await house.create_backtest(wanted, None, request=a_request())
    await house.run_backtests.wait(backtest.backtest_id)
    return backtest.backtest_id


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(MIXED, id="mixed"),
        pytest.param(GROUPED, id="grouped", marks=pytest.mark.verify),
    ],
)
async def test_a_run_equals_its_rehearsal_and_its_backtest(
    tmp_path: Path, orders: OrdersIn, source: str
) -> None:
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        await furnish(house, some_days(100))
        run = await run_of(house, orders.now, source)
        alone = await compared(house, orders.now, run.run_id)
        assert alone.right.record.kind is RecordKind.REHEARSAL
        assert alone.is_equal
        assert alone.left.decision_count > 5
        backtest = await backtest_of(house)
        assert (await compared(house, orders.now, run.run_id, backtest)).is_equal
        assert (await compared(house, orders.now, backtest, run.run_id)).is_equal
        account = await orders.now.accounts.get(TENANT, run.account_id)
        earned = account.equity - account.capital
        assert alone.left.result == int(earned * MONEY_SCALE), "what the account has earned"


async def test_the_second_run_of_an_account_equals_its_rehearsal(
    tmp_path: Path, orders: OrdersIn
) -> None:
    """It begins with what the first one left."""
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        await furnish(house, some_days(60))
        first = await run_of(house, orders.now, MIXED)
        wanted = Wanted("mine", "", "AAPL", "1d", {}, None, None)
        run = await house.start_run(wanted, first.account_id, 0, request=a_request())
        await house.host.wait(run.run_id)
        assert (await compared(house, orders.now, run.run_id)).is_equal


async def test_a_changed_parameter_is_signal_and_rows_come_in_pages(
    tmp_path: Path, orders: OrdersIn
) -> None:
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        await furnish(house, some_days(100))
        left = (await run_of(house, orders.now, CROSS, **QUICK)).run_id
        right = (await run_of(house, orders.now, CROSS, fast="4", slow="8")).run_id
        report = await compared(house, orders.now, left, right)
        assert only(Component.SIGNAL, report)
        assert report.notes == ("parameter fast is 3 on the left, 4 on the right",)
        ask = report_on(house, orders.now)
        whole, rows, _ = await ask(TENANT, left, right, show_equal=False, size=1000, token="")
        assert all(row.differences for row in rows)
        paged, token = [], ""
        while not paged or token:
            again, page, token = await ask(
                TENANT, left, right, show_equal=False, size=3, token=token
            )
            assert again is whole, "it is remembered"
            paged += page
        assert paged == list(rows)
        _, every, _ = await ask(TENANT, left, right, show_equal=True, size=0, token="")
        assert len(every) == len(whole.rows) > len(rows)


async def test_another_fee_is_fee(tmp_path: Path) -> None:
    orders = OrdersIn(tmp_path, fees=Fees(millionths=1_000))
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        await furnish(house, some_days(100))
        run = await run_of(house, orders.now, CROSS, quantity="10", **QUICK)
        report = await compared(house, orders.now, run.run_id)
        assert only(Component.FEE, report)
        assert report.difference == -report.left.fees < 0
        same = report_on(house, orders.now, Fees(millionths=1_000))
        whole, _, _ = await same(TENANT, run.run_id, "", show_equal=False, size=0, token="")
        assert whole.is_equal
    orders.close()


async def test_another_fill_volume_is_quantity(tmp_path: Path) -> None:
    orders = OrdersIn(tmp_path, volume_percent=1)
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        await furnish(house, thin_days(40))
        run = await run_of(house, orders.now, LIBRARY["buy-and-hold"], quantity="100")
        report = await compared(house, orders.now, run.run_id)
        assert only(Component.QUANTITY, report)
        assert [row.left.filled_quantity for row in report.rows if row.left] == [20]
        assert [row.right.filled_quantity for row in report.rows if row.right] == [100]
    orders.close()


def thin_days(count: int) -> BarColumns:
    """Days on which little trades."""
    ts, open_ts, opened, high, low, close, volume = some_days(count).arrays
    return bar_columns(ts, open_ts, opened, high, low, close, volume / 500)


class Late(MarketDataFeed):
    """Every bar arrives a day late: it is told as if it were of the day after."""

    def __init__(self, feed: MarketDataFeed) -> None:
        self._feed = feed

    async def bars(self, instrument_id: str, timeframe: str, **of) -> AsyncIterator[Bar]:
        late: Bar | None = None
        async for bar in self._feed.bars(instrument_id, timeframe, **of):
            if late is not None:
                yield replace(late, ts=bar.ts, open_ts=bar.open_ts)
            late = bar

    async def count(self, instrument_id: str, timeframe: str, **of) -> int:
        return await self._feed.count(instrument_id, timeframe, **of)


async def test_a_delayed_feed_is_timing(tmp_path: Path, orders: OrdersIn) -> None:
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        await furnish(house, some_days(100))
        await keep(house, "mine", CROSS)
        backtest = await backtest_of(house, **QUICK)
        wanted = Wanted("mine", "", "AAPL", "1d", QUICK, None, None)
        run = await house.start_run(wanted, await orders.now.add(), 0, request=a_request())
        await house.host.drain(0)
        await drive(house, run, Late(ReplayFeed(house.bars, house.clock)))
        report = await compared(house, orders.now, run.run_id, backtest)
        found = counts(report)
        assert found.pop(Component.TIMING) > 5
        # The last decision before the end comes after the end on the late side, or not at all.
        assert found.pop(Component.SIGNAL) <= 1
        assert set(found.values()) <= {0, 1}
        assert any(
            one.text == "decided 1 d later" for row in report.rows for one in row.differences
        )
        assert (await compared(house, orders.now, run.run_id)).is_equal, "over its own recording"


async def drive(house: House, run: Run, feed: MarketDataFeed) -> None:
    drive = DriveRun(
        house.runs,
        house.strategies,
        house.instruments,
        feed,
        house.desk,
        house.processes,
        house.clock,
    )
    host = RunHost(house.runs, house.desk, drive, house.clock, pause=0)
    await host.run(run, Reins(), Bell())


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        ("acc_1", "run_1", "UNKNOWN_RECORD"),
        ("bt_1", "", "MISSING_FIELD"),
        ("bt_none", "bt_none", "BACKTEST_NOT_FOUND"),
        ("run_none", "", "RUN_NOT_FOUND"),
    ],
)
async def test_what_cannot_be_compared_is_refused(
    tmp_path: Path, orders: OrdersIn, left: str, right: str, reason: str
) -> None:
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        with pytest.raises(DomainError) as refused:
            await compared(house, orders.now, left, right)
        assert refused.value.reason == reason
