"""Watching a run: what is now, then each change, from any cursor on."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from apps.drain import Drain
from apps.paging import Places
from apps.strategies.watch_run import WatchRun
from apps.streams import Streams
from domain.errors import InvalidRequest, NotFound, Unavailable
from domain.market_data.bar import Bar
from domain.strategies.run import Replay, Run, RunState
from ports.run_store import RunInput
from tests.houses import TENANT, House

RUN = Run(TENANT, "run_1", "s", "v", "acc_1", "AAPL.XNAS", "1d", {}, Replay(), 9, 1)


@pytest.fixture
def drain() -> Drain:
    return Drain()


@pytest.fixture
def watch(house: House, drain: Drain) -> WatchRun:
    return WatchRun(house.runs, Streams(house.bus, Places(b"secret"), drain), house.bus)


async def all_of(stream: AsyncIterator[tuple[Run, str]]) -> list[tuple[Run, str]]:
    return [told async for told in stream]


async def test_a_watch_begins_with_what_is_and_ends_with_the_run(
    house: House, watch: WatchRun
) -> None:
    await house.runs.start(RUN)
    async with aclosing(watch(TENANT, "run_1", "")) as told:
        assert (await anext(told))[0] == RUN
        await house.runs.change(TENANT, "run_1", Run.running)
        assert (await anext(told))[0].state is RunState.RUNNING
        await house.runs.change(TENANT, "run_1", lambda run: run.ended(RunState.FAILED, 5, "WHY"))
        assert (await anext(told))[0].error_reason == "WHY"
        with pytest.raises(StopAsyncIteration):
            await anext(told)


async def test_a_watch_that_is_cut_anywhere_goes_on_without_hole_or_duplicate(
    house: House, watch: WatchRun
) -> None:
    await house.runs.start(RUN)
    async with aclosing(watch(TENANT, "run_1", "")) as told:
        first = await anext(told)
    await house.runs.change(TENANT, "run_1", lambda run: run.ended(RunState.STOPPED, 5))
    rest = await all_of(watch(TENANT, "run_1", first[1]))
    assert [run.state for run, _ in rest] == [RunState.STOPPED]
    assert await all_of(watch(TENANT, "run_1", rest[-1][1])) == [], "nothing behind the end"


async def test_every_cursor_of_a_whole_life_resumes_behind_itself(
    house: House, watch: WatchRun
) -> None:
    await house.runs.start(RUN)
    async with aclosing(watch(TENANT, "run_1", "")) as told:
        _, cursor = await anext(told)
    await house.runs.change(TENANT, "run_1", Run.running)
    for seq in range(1, 9):
        bar = Bar("AAPL.XNAS", seq * 10, seq * 10 - 5, 1.0, 2.0, 0.5, 1.5, 10.0)
        await house.runs.record(TENANT, "run_1", RunInput(seq, bar.ts, 0, (), bar), tell=True)
    await house.runs.change(TENANT, "run_1", lambda run: run.ended(RunState.FINISHED, 5))
    whole = await all_of(watch(TENANT, "run_1", cursor))
    assert [run.bar_count for run, _ in whole] == [0, *range(1, 9), 8]
    for cut, (_, place) in enumerate(whole):
        assert await all_of(watch(TENANT, "run_1", place)) == whole[cut + 1 :]


async def test_an_ended_run_is_told_once(house: House, watch: WatchRun) -> None:
    await house.runs.start(RUN)
    ended = await house.runs.change(TENANT, "run_1", lambda run: run.ended(RunState.FINISHED, 5))
    assert [run for run, _ in await all_of(watch(TENANT, "run_1", ""))] == [ended]


async def test_a_strange_cursor_and_a_strange_run_are_refused(
    house: House, watch: WatchRun
) -> None:
    await house.runs.start(RUN)
    with pytest.raises(InvalidRequest) as refused:
        await all_of(watch(TENANT, "run_1", "bm9uc2Vuc2U"))
    assert refused.value.reason == "CURSOR_INVALID"
    with pytest.raises(NotFound):
        await all_of(watch("other", "run_1", ""))


async def test_a_watch_ends_when_the_server_leaves(
    house: House, watch: WatchRun, drain: Drain
) -> None:
    await house.runs.start(RUN)
    async with aclosing(watch(TENANT, "run_1", "")) as told:
        await anext(told)
        drain.start()
        with pytest.raises(Unavailable) as refused:
            await anext(told)
    assert refused.value.reason == "SERVER_DRAINING"
