"""A paper run makes the decisions, orders and fills of the backtest over the same real bars."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.sample_data.loader import SampleData
from domain.backtests.record import BacktestState
from domain.strategies.run import RunState
from domain.strategies.wanted import Wanted
from domain.values import money_to_decimal
from ports.account_store import OrderQuery
from tests.houses import TENANT, House, a_house, a_request, keep
from tests.integration.runs.conftest import Orders, OrdersIn
from tests.strategy_sources import GROUPED, LIBRARY, MIXED

EVERYTHING = 1_000_000
Range = tuple[datetime, datetime]
A_YEAR = (datetime(2004, 6, 1, tzinfo=UTC), datetime(2005, 6, 1, tzinfo=UTC))  # a split in it


@pytest.mark.parametrize(
    "sources",
    [
        pytest.param({"mixed": MIXED, "grouped": GROUPED}, id="every kind of order"),
        pytest.param(LIBRARY, id="the library", marks=pytest.mark.verify),
    ],
)
async def test_paper_runs_are_their_backtests_one_for_one(
    tmp_path: Path, orders: OrdersIn, sources: dict[str, str]
) -> None:
    async with a_house(tmp_path, orders) as house:
        await SampleData(house.instruments, house.bars).load()
        for strategy_id, source in sources.items():
            await keep(house, f"my-{strategy_id}", source)
        # All at once, each in an account of its own: none disturbs another.
        await asyncio.gather(
            *(same(house, orders.now, f"my-{one}", A_YEAR, 252) for one in sources)
        )


async def same(
    house: House, orders: Orders, strategy_id: str, within: Range, bar_count: int
) -> None:
    """Runs the strategy on paper and as a backtest, and compares all that came of it."""
    start, end = (int(one.timestamp()) * 10**9 for one in within)
    wanted = Wanted(strategy_id, "", "AAPL", "1d", {}, start, end)
    account_id = await orders.add()
    run = await house.start_run(wanted, account_id, 0, request=a_request())
    backtest = await house.create_backtest(wanted, None, request=a_request())
    await house.host.wait(run.run_id)
    await house.run_backtests.wait(backtest.backtest_id)
    run = await house.runs.get(TENANT, run.run_id)
    backtest = await house.backtests.get(TENANT, backtest.backtest_id)
    assert (run.state, run.error_message) == (RunState.FINISHED, "")
    assert (backtest.state, backtest.error_message) == (BacktestState.SUCCEEDED, "")
    assert run.bar_count == backtest.progress.bar_count == bar_count
    expected = await in_backtest(house, backtest.backtest_id)
    assert expected[1], f"{strategy_id} trades"
    assert await on_paper(orders, account_id) == expected, strategy_id
    assert backtest.outcome is not None
    account = await orders.accounts.get(TENANT, account_id)
    assert account.equity == money_to_decimal(backtest.outcome.final_equity)
    assert account.realised == money_to_decimal(backtest.outcome.realised_pnl)


async def in_backtest(house: House, backtest_id: str) -> tuple[list[object], list[object]]:
    orders = await house.results.orders(backtest_id, after=0, limit=EVERYTHING)
    fills = await house.results.fills(backtest_id, after=0, limit=EVERYTHING)
    return [terms(order) for order in orders], [traded(fill) for _, fill in fills]


async def on_paper(of: Orders, account_id: str) -> tuple[list[object], list[object]]:
    orders = await of.accounts.orders(TENANT, account_id, OrderQuery(), before=0, limit=EVERYTHING)
    fills = await of.accounts.fills(TENANT, account_id, order_id="", before=0, limit=EVERYTHING)
    return (
        [terms(order) for order in reversed(orders)],
        [traded(fill) for _, fill in reversed(fills)],
    )


def terms(order):
    """The decision and what came of it. The end of a run cancels what a backtest leaves open."""
    return (
        order.number,
        order.request,
        order.side,
        order.quantity,
        order.order_type,
        order.limit_price,
        order.stop_price,
        order.time_in_force,
        order.reason,
        order.filled_quantity,
        order.average_fill_price,
        order.create_ts,
    )


def traded(fill):
    return fill.number, fill.side, fill.quantity, fill.price, fill.fee, fill.ts
