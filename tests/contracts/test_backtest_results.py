"""What every keeper of backtest results promises."""

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.parquet.backtest_results import ParquetBacktestResults, write_results
from domain.backtests.engine import BacktestSpec, run_backtest
from domain.backtests.result import BacktestResult
from domain.errors import Unavailable
from domain.instruments import Instruments
from domain.orders.state import OrderState
from domain.strategies import Strategy
from domain.strategies.parameters import make_strategy
from ports.backtest_results import BacktestResults
from tests.houses import AAPL, CASH, some_days
from tests.strategy_sources import MIXED, loaded

Write = Callable[[Path, BacktestResult], None]


@pytest.fixture(params=["parquet"])
def results(tmp_path: Path) -> BacktestResults:
    return ParquetBacktestResults(tmp_path)


@pytest.fixture(params=["parquet"])
def write() -> Write:
    return write_results


def a_result(strategy: type[Strategy], days: int = 120) -> BacktestResult:
    spec = BacktestSpec(
        make_strategy(strategy, {}, [AAPL.instrument_id]), Instruments([AAPL]), CASH
    )
    return run_backtest(spec, {AAPL.instrument_id: [some_days(days)]})


async def test_what_a_worker_wrote_is_read_back_exactly(
    results: BacktestResults, write: Write
) -> None:
    result = a_result(loaded(MIXED))
    write(Path(await results.prepare("bt_1")), result)
    await results.keep("bt_1")
    kept = await results.orders("bt_1", after=0, limit=1000)
    expected = result.orders
    assert len(kept) == result.order_count > 50
    for order, view in zip(kept, expected, strict=True):
        assert (order.number, order.request) == (view.order_id, view.request)
        assert (order.side, order.quantity) == (view.side, view.quantity)
        assert (order.limit_price, order.stop_price) == (view.limit_price, view.stop_price)
        assert (order.order_type, order.time_in_force) == (view.order_type, view.time_in_force)
        assert (order.state, order.reason) == (view.state, view.reason)
        assert (order.filled_quantity, order.update_ts) == (view.filled_quantity, view.ts)
        assert (order.average_fill_price is None) == (not view.filled_quantity)
    assert {OrderState.FILLED, OrderState.DENIED} <= {order.state for order in kept}
    fills = await results.fills("bt_1", after=0, limit=1000)
    assert [place for place, _ in fills] == list(range(1, result.fill_count + 1))
    assert [(one.number, one.price, one.quantity, one.fee, one.ts) for _, one in fills] == [
        (one.order_id, one.price, one.quantity, one.fee, one.ts) for one in result.fills
    ]
    curve = await results.equity("bt_1", after=0, limit=1000)
    assert [point.ts for point in curve] == result.equity.ts.tolist()
    assert [point.equity for point in curve] == result.equity.equity.tolist()


async def test_pages_follow_each_other(results: BacktestResults, write: Write) -> None:
    write(Path(await results.prepare("bt_1")), a_result(loaded(MIXED)))
    await results.keep("bt_1")
    assert [one.number for one in await results.orders("bt_1", after=3, limit=2)] == [4, 5]
    assert [place for place, _ in await results.fills("bt_1", after=1, limit=2)] == [2, 3]
    assert [one.place for one in await results.equity("bt_1", after=118, limit=9)] == [119, 120]
    assert not await results.equity("bt_1", after=120, limit=9)


async def test_a_backtest_without_an_order_has_empty_pages(
    results: BacktestResults, write: Write
) -> None:
    write(Path(await results.prepare("bt_1")), a_result(Strategy, days=3))
    await results.keep("bt_1")
    assert not await results.orders("bt_1", after=0, limit=9)
    assert not await results.fills("bt_1", after=0, limit=9)
    assert [one.equity for one in await results.equity("bt_1", after=0, limit=9)] == [1e5] * 3


async def test_nothing_is_there_before_it_is_kept(results: BacktestResults, write: Write) -> None:
    folder = Path(await results.prepare("bt_1"))
    write(folder, a_result(Strategy, days=3))
    with pytest.raises(Unavailable) as refused:
        await results.orders("bt_1", after=0, limit=9)
    assert refused.value.reason == "RESULTS_UNREADABLE"
    await results.discard("bt_1")
    await results.discard("bt_1")
    assert not list(folder.parent.iterdir())


async def test_a_second_try_finds_nothing_of_the_first(
    results: BacktestResults, write: Write
) -> None:
    write(Path(await results.prepare("bt_1")), a_result(loaded(MIXED)))
    await results.keep("bt_1")
    folder = Path(await results.prepare("bt_1"))
    (folder / "torn.parquet").touch()
    folder = Path(await results.prepare("bt_1"))
    assert not list(folder.iterdir())
    write(folder, a_result(Strategy, days=3))
    await results.keep("bt_1")
    assert not await results.orders("bt_1", after=0, limit=9)
    assert len(await results.equity("bt_1", after=0, limit=9)) == 3
