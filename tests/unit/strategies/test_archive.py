"""Strategies are put away, start nothing new, and come back by a push."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from apps.paging import Places
from apps.strategies.archive_strategy import ArchiveStrategy
from apps.strategies.built_ins import InstallBuiltIns
from apps.strategies.read_strategies import ReadStrategies
from domain.errors import NotAllowedNow, NotFound
from domain.strategies.run import RunState
from domain.strategies.wanted import Wanted
from tests.houses import TENANT, House, MemoryDesk, a_house, a_request, furnish, keep, some_days
from tests.in_process import Interrupted
from tests.strategy_sources import HOLDS, LIBRARY

MINE = Wanted("mine", "", "AAPL", "1d", {})
Happens = dict


@pytest.fixture
def happens() -> Happens:
    return {}


@pytest.fixture
async def house(tmp_path: Path, desk: MemoryDesk, happens: Happens) -> AsyncIterator[House]:
    async with a_house(tmp_path, desk, processes=Interrupted(happens)) as house:
        await furnish(house, some_days(6))
        await keep(house, "mine", HOLDS)
        yield house


@pytest.fixture
def archive(house: House) -> ArchiveStrategy:
    return ArchiveStrategy(house.strategies, house.clock)


async def test_an_archived_strategy_starts_nothing_new_until_it_is_pushed_again(
    house: House, archive: ArchiveStrategy
) -> None:
    version = await house.strategies.latest(TENANT, "mine")
    assert (await archive("mine", request=a_request())).archived
    pinned = Wanted("mine", version.version_id, "AAPL", "1d", {})
    for wanted in (MINE, pinned):
        for begin in (
            house.start_run(wanted, "acc_1", 0, request=a_request()),
            house.start_run(wanted, "acc_1", 0, request=a_request(), validate_only=True),
            house.create_backtest(wanted, None, request=a_request()),
        ):
            with pytest.raises(NotAllowedNow) as refusal:
                await begin
            assert refusal.value.reason == "STRATEGY_ARCHIVED"
    assert await house.runs.active() == []
    read = ReadStrategies(house.strategies, Places(b"secret"))
    assert (await read.page(TENANT, False, 10, ""))[0] == []
    [listed] = (await read.page(TENANT, True, 10, ""))[0]
    assert listed.archived
    assert await read.version(TENANT, "mine", version.version_id[:12]) == version
    await keep(house, "mine", HOLDS)
    run = await house.start_run(MINE, "acc_1", 0, request=a_request())
    await house.host.wait(run.run_id)
    assert (await house.runs.get(TENANT, run.run_id)).state is RunState.FINISHED


async def test_a_strategy_at_work_is_not_put_away_and_what_ran_stays_readable(
    house: House, archive: ArchiveStrategy, happens: Happens
) -> None:
    refused: list[str] = []

    async def put_away() -> None:
        for validate_only in (True, False):
            with pytest.raises(NotAllowedNow) as refusal:
                await archive("mine", request=a_request(), validate_only=validate_only)
            refused.append(refusal.value.reason)

    happens[2] = put_away
    run = await house.start_run(MINE, "acc_1", 0, request=a_request())
    await house.host.wait(run.run_id)
    assert refused == ["STRATEGY_AT_WORK"] * 2
    await archive("mine", request=a_request())
    assert (await house.runs.get(TENANT, run.run_id)).state is RunState.FINISHED
    assert (await house.strategies.version(TENANT, "mine", run.version_id)).source == HOLDS


async def test_a_run_that_was_prepared_before_is_refused_all_the_same(
    house: House, archive: ArchiveStrategy
) -> None:
    run = await house.start_run(MINE, "acc_1", 0, request=a_request())
    await house.host.wait(run.run_id)
    await archive("mine", request=a_request())
    with pytest.raises(NotAllowedNow) as refusal:
        await house.runs.start(run)
    assert refusal.value.reason == "STRATEGY_ARCHIVED"


async def test_the_house_s_own_and_what_is_not_there_are_not_put_away(
    house: House, archive: ArchiveStrategy
) -> None:
    await InstallBuiltIns(house.strategies, house.clock)()
    for strategy_id in LIBRARY:
        with pytest.raises(NotAllowedNow) as built_in:
            await archive(strategy_id, request=a_request())
        assert built_in.value.reason == "STRATEGY_BUILT_IN"
    with pytest.raises(NotFound) as unknown:
        await archive("nothing", request=a_request())
    assert unknown.value.reason == "STRATEGY_NOT_FOUND"
