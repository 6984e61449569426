"""A paper run makes the decisions, orders and fills of the backtest over the same real bars."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.sample_data.loader import SampleData
from domain.backtests.record import BacktestState
from domain.orders.events import CapitalDeposited
from domain.strategies.run import RunState
from domain.strategies.wanted import Wanted
from ports.account_store import OrderQuery
from tests.houses import TENANT, House, a_house, a_request
from tests.strategy_sources import LIBRARY, MIXED

EVERYTHING = 1_000_000


def when(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 10**9


@pytest.mark.parametrize("strategy_id", [*LIBRARY, "mixed"])
async def test_a_paper_run_is_its_backtest_one_for_one(tmp_path: Path, orders, strategy_id) -> None:
    async with a_house(tmp_path, orders) as house:
        await SampleData(house.instruments, house.bars).load()
        source = LIBRARY.get(strategy_id, MIXED)
        await house.push(f"my-{strategy_id}", source, "", request=a_request())
        wanted = Wanted(f"my-{strategy_id}", "", "AAPL", "1d", {}, when(2003, 1), when(2006, 1))
        account_id = await orders.now.add()
        run = await house.start_run(wanted, account_id, 0, request=a_request())
        backtest = await house.create_backtest(wanted, None, request=a_request())
        await house.host.wait(run.run_id)
        await house.run_backtests.wait(backtest.backtest_id)
        run = await house.runs.get(TENANT, run.run_id)
        backtest = await house.backtests.get(TENANT, backtest.backtest_id)
        assert (run.state, run.error_message) == (RunState.FINISHED, "")
        assert (backtest.state, backtest.error_message) == (BacktestState.SUCCEEDED, "")
        theirs = await backtest_orders(house, backtest.backtest_id)
        ours = await paper_orders(orders.now.accounts, account_id)
        assert theirs[0], "it traded"
        assert ours == theirs
        account = await orders.now.accounts.get(TENANT, account_id)
        assert backtest.outcome is not None
        assert account.equity == house_money(backtest.outcome.final_equity)


async def backtest_orders(house: House, backtest_id: str):
    orders = await house.results.orders(backtest_id, after=0, limit=EVERYTHING)
    fills = await house.results.fills(backtest_id, after=0, limit=EVERYTHING)
    return [terms(order) for order in orders], [traded(fill) for _, fill in fills]


async def paper_orders(accounts, account_id: str):
    query = OrderQuery()
    orders = await accounts.orders(TENANT, account_id, query, before=0, limit=EVERYTHING)
    fills = await accounts.fills(TENANT, account_id, order_id="", before=0, limit=EVERYTHING)
    return [terms(order) for order in reversed(orders)], [traded(fill) for _, fill in reversed(fills)]


def terms(order):
    """What makes an order, its fate but for what the end of a run cancels, and when."""
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


def house_money(scaled: int):
    from domain.values import money_to_decimal

    return money_to_decimal(scaled)
