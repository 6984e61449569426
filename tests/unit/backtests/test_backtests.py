"""Backtests as jobs: in real worker processes, on real files."""

import asyncio
from decimal import Decimal
from pathlib import Path
from time import monotonic

import msgspec
import pytest

from apps.backtests.read_backtests import ReadBacktests
from apps.paging import Places
from domain.backtests.record import Backtest, BacktestState
from domain.errors import DomainError, InvalidRequest
from domain.orders.risk.limits import Limits
from domain.orders.state import OrderState
from domain.strategies.wanted import Wanted
from ports.request_log import RequestIdReused, RequestKey
from tests.houses import CASH, TENANT, House, a_house, a_request, furnish, keep, some_days
from tests.strategy_sources import HOLDS, on_bar

GOOD = Wanted("holds", "", "AAPL", "1d", {"at_bar": "3"})
SLOW = on_bar("pass") + "        import time; time.sleep(0.02)\n"


async def test_a_backtest_runs_to_its_results(house: House) -> None:
    created = await house.create_backtest(GOOD, CASH, request=a_request())
    assert created.state is BacktestState.QUEUED
    assert created.parameters == {"instrument_id": "AAPL.XNAS", "at_bar": "3"}
    backtest = await done(house, created)
    assert (backtest.state, backtest.error_message) == (BacktestState.SUCCEEDED, "")
    days = some_days()
    assert backtest.outcome is not None
    bought = round(float(days.open[3]), 2)
    last = round(float(days.close[-1]), 2)
    assert backtest.outcome.final_equity == CASH + round((last - bought) * 100 * 100) * 10**7
    assert backtest.outcome.fill_count == backtest.outcome.order_count == 1
    assert backtest.outcome.statistics.trade_count == 0
    assert backtest.progress.bar_count == backtest.total_bar_count == 300
    (order,) = await house.results.orders(backtest.backtest_id, after=0, limit=10)
    assert (order.number, order.state, order.order_id) == (1, OrderState.FILLED, "1")
    assert float(order.average_fill_price or 0) == bought
    ((place, fill),) = await house.results.fills(backtest.backtest_id, after=0, limit=10)
    assert (place, fill.ts) == (1, int(days.open_ts[3]))
    curve = await house.results.equity(backtest.backtest_id, after=0, limit=1000)
    assert [point.ts for point in curve] == days.ts.tolist()
    assert round(curve[-1].equity * 10**9) == backtest.outcome.final_equity


async def test_the_same_backtest_has_the_same_hash_and_another_has_another(house: House) -> None:
    wanted = msgspec.structs.replace(GOOD, strategy_id="mixed", parameters={})
    twice = [await house.create_backtest(wanted, None, request=a_request()) for _ in range(2)]
    shorter = msgspec.structs.replace(wanted, end_ts=int(some_days().open_ts[-1]))
    other = await house.create_backtest(shorter, None, request=a_request())
    first, second, third = [await done(house, one) for one in (*twice, other)]
    hashes = [one.outcome.result_hash for one in (first, second, third) if one.outcome]
    assert hashes[0] == hashes[1] != hashes[2]
    assert third.progress.bar_count == 299


async def test_a_backtest_is_held_to_the_limits_it_names(house: House) -> None:
    wanted = msgspec.structs.replace(GOOD, strategy_id="mixed", parameters={})
    banned = Limits(restricted=True)
    created = await house.create_backtest(wanted, CASH, limits=banned, request=a_request())
    assert created.limits == banned
    backtest = await done(house, created)
    assert backtest.outcome is not None
    assert (backtest.outcome.order_count > 0, backtest.outcome.fill_count) == (True, 0)
    with pytest.raises(InvalidRequest) as refused:
        await house.create_backtest(
            wanted, CASH, limits=Limits(max_drawdown=Decimal(0)), request=a_request()
        )
    assert list(refused.value.violations) == ["risk_limits.max_drawdown"]


@pytest.mark.parametrize(
    ("changes", "cash", "reason"),
    [
        ({"strategy_id": ""}, None, "MISSING_FIELD"),
        ({"strategy_id": "nope"}, None, "STRATEGY_NOT_FOUND"),
        ({"version_id": "nope"}, None, "VERSION_NOT_FOUND"),
        ({"instrument_id": "NOPE"}, None, "INSTRUMENT_NOT_FOUND"),
        ({"timeframe": "3d"}, None, "UNKNOWN_TIMEFRAME"),
        ({"start_ts": 20, "end_ts": 10}, None, "END_BEFORE_START"),
        ({"end_ts": 10}, None, "NO_BARS"),
        ({"parameters": {"at_bra": "3"}}, None, "UNKNOWN_PARAMETER"),
        ({"parameters": {"at_bar": "three"}}, None, "INVALID_PARAMETER"),
        ({}, 0, "OUT_OF_RANGE"),
        ({}, -CASH, "OUT_OF_RANGE"),
        ({}, 10**20, "OUT_OF_RANGE"),
    ],
)
async def test_what_cannot_be_tested_is_refused_and_nothing_is_kept(
    house: House, changes: dict[str, object], cash: int | None, reason: str
) -> None:
    wanted = msgspec.structs.replace(GOOD, **changes)
    with pytest.raises(DomainError) as refused:
        await house.create_backtest(wanted, cash, request=a_request())
    assert refused.value.reason == reason
    assert not await house.backtests.page(TENANT, after="", limit=10)
    assert not await house.backtests.to_do()


async def test_validating_keeps_nothing(house: House) -> None:
    checked = await house.create_backtest(GOOD, None, request=a_request(), validate_only=True)
    assert (checked.backtest_id, checked.total_bar_count) == ("", 300)
    assert not await house.backtests.page(TENANT, after="", limit=10)


async def test_fifty_calls_with_one_request_id_make_one_backtest(house: House) -> None:
    request = a_request()
    made = await asyncio.gather(
        *(house.create_backtest(GOOD, None, request=request) for _ in range(50))
    )
    assert len(set(map(str, made))) == 1
    assert len(await house.backtests.page(TENANT, after="", limit=10)) == 1
    other = RequestKey(TENANT, "me", "Method", request.request_id, b"another body")
    with pytest.raises(RequestIdReused):
        await house.create_backtest(GOOD, CASH, request=other)


@pytest.mark.parametrize(
    ("body", "reason", "words"),
    [
        ("1 / 0", "STRATEGY_RAISED", "ZeroDivisionError: division by zero (line 17: 1 / 0)"),
        ("import sys; sys.exit()", "STRATEGY_RAISED", "SystemExit"),
        (
            "class Mute(Exception):\n  def __str__(self): return 1 / 0\nraise Mute()",
            "STRATEGY_RAISED",
            "(line 19: raise Mute())",
        ),
        ("import os; os._exit(4)", "STRATEGY_PROCESS_ENDED", "ended with code 4"),
        ("while True: pass", "STRATEGY_TIMED_OUT", "did not answer for 5 s"),
    ],
)
async def test_a_strategy_that_breaks_fails_its_backtest_only(
    house: House, body: str, reason: str, words: str
) -> None:
    await keep(house, "breaks", on_bar(body))
    wanted = Wanted("breaks", "", "AAPL", "1d", {})
    bad = await house.create_backtest(wanted, None, request=a_request())
    good = await house.create_backtest(GOOD, None, request=a_request())
    bad, good = await done(house, bad), await done(house, good)
    assert (bad.state, bad.error_reason) == (BacktestState.FAILED, reason)
    assert words in bad.error_message
    assert good.state is BacktestState.SUCCEEDED
    assert not (house.folder / "backtests" / bad.backtest_id).exists()
    reads = ReadBacktests(house.backtests, house.results, Places(b"secret"))
    with pytest.raises(DomainError) as refused:
        await reads.orders(TENANT, bad.backtest_id, 10, "")
    assert refused.value.reason == "BACKTEST_NOT_DONE"


async def test_a_canceled_backtest_is_gone_within_two_seconds(house: House) -> None:
    await keep(house, "slow", SLOW)
    wanted = Wanted("slow", "", "AAPL", "1d", {})
    created = await house.create_backtest(wanted, None, request=a_request())
    await until(house, created, lambda now: now.progress.bar_count > 0)
    before = monotonic()
    canceled = await house.cancel_backtest(created.backtest_id, request=a_request())
    assert monotonic() - before < 2
    assert canceled.state is BacktestState.CANCELED
    assert (await done(house, created)).state is BacktestState.CANCELED
    assert not list((house.folder / "backtests").glob("*")), "nothing half-written stays"
    with pytest.raises(DomainError) as refused:
        await house.cancel_backtest(created.backtest_id, request=a_request())
    assert refused.value.reason == "BACKTEST_ENDED"


async def test_progress_is_told_now_and_then_and_the_end_always(house: House) -> None:
    await keep(house, "slow", SLOW)
    wanted = Wanted("slow", "", "AAPL", "1d", {}, None, int(some_days().open_ts[80]))
    backtest = await done(house, await house.create_backtest(wanted, None, request=a_request()))
    told = [
        msgspec.msgpack.decode(event.payload, type=Backtest)
        for event in await house.bus.read("backtests", backtest.backtest_id, after=0)
    ]
    assert [one.state for one in told][:2] == [BacktestState.QUEUED, BacktestState.RUNNING]
    assert told[-1] == backtest
    counts = [one.progress.bar_count for one in told]
    assert counts == sorted(counts)
    assert 4 <= len(told) < 40


async def test_the_queue_survives_a_restart(tmp_path: Path) -> None:
    async with a_house(tmp_path, places=1) as house:
        await furnish(house)
        await keep(house, "holds", HOLDS)
        await keep(house, "slow", SLOW)
        slow = Wanted("slow", "", "AAPL", "1d", {}, None, int(some_days().open_ts[60]))
        at_work = await house.create_backtest(slow, None, request=a_request())
        waiting = await house.create_backtest(GOOD, None, request=a_request())
        await until(house, at_work, lambda now: now.progress.bar_count > 0)
    async with a_house(tmp_path, ids_from=100) as house:
        states = [one.state for one in await house.backtests.to_do()]
        assert states == [BacktestState.RUNNING, BacktestState.QUEUED]
        await house.run_backtests.resume()
        for one in (at_work, waiting):
            assert (await done(house, one)).state is BacktestState.SUCCEEDED


async def test_results_come_in_pages_bound_to_their_query(house: House) -> None:
    wanted = Wanted("mixed", "", "AAPL", "1d", {})
    backtest = await done(house, await house.create_backtest(wanted, None, request=a_request()))
    reads = ReadBacktests(house.backtests, house.results, Places(b"secret"))
    numbers: list[int] = []
    token = ""
    while True:
        page, token = await reads.orders(TENANT, backtest.backtest_id, 7, token)
        numbers += [order.number for order in page]
        if not token:
            break
        assert len(page) == 7
    assert backtest.outcome is not None
    assert numbers == list(range(1, backtest.outcome.order_count + 1))
    _, token = await reads.orders(TENANT, backtest.backtest_id, 7, "")
    with pytest.raises(DomainError) as refused:
        await reads.fills(TENANT, backtest.backtest_id, 7, token)
    assert refused.value.reason == "PAGE_TOKEN_INVALID"
    with pytest.raises(DomainError) as refused:
        await reads.orders("somebody else", backtest.backtest_id, 7, "")
    assert refused.value.reason == "BACKTEST_NOT_FOUND"


async def done(house: House, backtest: Backtest) -> Backtest:
    await house.run_backtests.wait(backtest.backtest_id)
    return await house.backtests.get(TENANT, backtest.backtest_id)


async def until(house: House, backtest: Backtest, reached) -> None:
    async for _ in house.bus.follow("backtests", backtest.backtest_id, after=0):
        if reached(await house.backtests.get(TENANT, backtest.backtest_id)):
            return
