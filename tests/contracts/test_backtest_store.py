"""What every store of backtests promises."""

import msgspec
import pytest

from adapters.sql.backtest_store import SqlBacktestStore
from adapters.sql.database import Database
from adapters.sql.event_bus import SqlEventBus
from domain.backtests.record import Backtest, BacktestState, Progress
from domain.errors import NotAllowedNow, NotFound
from ports.backtest_store import BacktestStore
from ports.event_bus import EventBus
from ports.request_log import RequestIdReused, RequestKey
from tests.houses import Ticking, a_request


def a_backtest(name: str = "bt_1", tenant: str = "local") -> Backtest:
    return Backtest(
        tenant, name, "sma", "sha256:1", "AAPL.XNAS", "1d", None, 5, {"fast": "3"}, 100, 10, 1
    )


@pytest.fixture
def stores(database: Database) -> tuple[BacktestStore, EventBus]:
    return SqlBacktestStore(database, Ticking()), SqlEventBus(database)


@pytest.fixture
def backtests(stores: tuple[BacktestStore, EventBus]) -> BacktestStore:
    return stores[0]


async def test_a_backtest_comes_back_as_it_was_kept(backtests: BacktestStore) -> None:
    assert await backtests.create(a_backtest()) == a_backtest()
    assert await backtests.get("local", "bt_1") == a_backtest()
    for tenant, name in (("other", "bt_1"), ("local", "bt_2")):
        with pytest.raises(NotFound) as refused:
            await backtests.get(tenant, name)
        assert refused.value.reason == "BACKTEST_NOT_FOUND"


async def test_one_request_makes_one_backtest(backtests: BacktestStore) -> None:
    request = a_request()
    await backtests.create(a_backtest(), request=request)
    assert await backtests.create(a_backtest("bt_2"), request=request) == a_backtest()
    assert await backtests.answered(request) == a_backtest()
    other = RequestKey("local", "me", "Method", request.request_id, b"another body")
    with pytest.raises(RequestIdReused):
        await backtests.create(a_backtest("bt_2"), request=other)


async def test_pages_are_newest_first(backtests: BacktestStore) -> None:
    for number in range(5):
        await backtests.create(a_backtest(f"bt_{number}"))
    await backtests.create(a_backtest("bt_x", "other"))
    page = await backtests.page("local", after="", limit=2)
    assert [one.backtest_id for one in page] == ["bt_4", "bt_3"]
    page = await backtests.page("local", after="bt_3", limit=9)
    assert [one.backtest_id for one in page] == ["bt_2", "bt_1", "bt_0"]


async def test_what_has_not_ended_is_to_do_oldest_first(backtests: BacktestStore) -> None:
    for number in range(3):
        await backtests.create(a_backtest(f"bt_{number}"))
    await backtests.change("local", "bt_1", lambda one: one.failed(5, "WHY", "why"))
    await backtests.change("local", "bt_0", lambda one: one.advanced(Progress(1)))
    assert [one.backtest_id for one in await backtests.to_do()] == ["bt_0", "bt_2"]


async def test_the_first_end_stands(backtests: BacktestStore) -> None:
    await backtests.create(a_backtest())
    ended = await backtests.change("local", "bt_1", lambda one: one.canceled(5))
    assert await backtests.change("local", "bt_1", lambda one: one.failed(6, "WHY", "")) == ended
    assert await backtests.change("local", "bt_1", lambda one: one.advanced(Progress(2))) == ended
    with pytest.raises(NotAllowedNow) as refused:
        await backtests.change("local", "bt_1", lambda one: one.canceled(7))
    assert refused.value.reason == "BACKTEST_ENDED"
    assert await backtests.get("local", "bt_1") == ended


async def test_changes_are_told_on_the_bus_and_nothing_else(
    stores: tuple[BacktestStore, EventBus],
) -> None:
    backtests, bus = stores
    await backtests.create(a_backtest())
    await backtests.change("local", "bt_1", lambda one: one.advanced(Progress(1)))
    await backtests.change("local", "bt_1", lambda one: one.advanced(Progress(1)))
    told = await bus.read("backtests", "bt_1", after=0)
    decoded = [msgspec.msgpack.decode(one.payload, type=Backtest) for one in told]
    assert [one.state for one in decoded] == [BacktestState.QUEUED, BacktestState.RUNNING]
