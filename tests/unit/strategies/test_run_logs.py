"""The log of a run: what its strategy wrote, once, and what the house says of it."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from domain.errors import InvalidRequest, NotFound
from domain.strategies.run import Run, RunState
from domain.strategies.run_log import MOST_LINES, RunLine, Writer
from domain.strategies.wanted import Wanted
from tests.houses import TENANT, House, MemoryDesk, a_house, a_request, furnish, keep, some_days
from tests.in_process import InProcess, Interrupted
from tests.strategy_sources import on_bar

HOST, STRATEGY = Writer.HOST, Writer.STRATEGY


@pytest.fixture
async def house(tmp_path: Path, desk: MemoryDesk) -> AsyncIterator[House]:
    async with a_house(tmp_path, desk, processes=InProcess()) as house:
        await furnish(house, some_days(8))
        yield house


async def run_of(house: House, body: str, at: int = 5) -> Run:
    """A run that does so in its `at`-th bar, when it has ended."""
    await keep(house, "logs", on_bar(body, at))
    wanted = Wanted("logs", "", "AAPL", "1d", {})
    run = await house.start_run(wanted, "acc_1", 0, request=a_request())
    await house.host.wait(run.run_id)
    return await house.runs.get(TENANT, run.run_id)


async def log_of(house: House, run: Run) -> list[RunLine]:
    return list(await house.runs.logs(TENANT, run.run_id, after=0, limit=MOST_LINES))


async def test_the_log_tells_the_life_of_a_run_in_order(house: House) -> None:
    run = await run_of(house, "ctx.log('hello'); ctx.log('there')")
    log = await log_of(house, run)
    assert [(line.number, line.writer, line.text) for line in log] == [
        (1, HOST, "will hear 8 bars of AAPL.XNAS"),
        (2, HOST, "started"),
        (3, STRATEGY, "hello"),
        (4, STRATEGY, "there"),
        (5, HOST, "finished after 8 bars"),
    ]
    times = [int(ts) for ts in some_days(8).ts]
    assert [line.ts for line in log] == [0, 0, times[4], times[4], times[7]]


async def test_what_was_written_before_a_failure_is_there(house: House) -> None:
    run = await run_of(house, "ctx.log('last words')\n1 / 0")
    assert run.state is RunState.FAILED
    [*_, words, failed] = await log_of(house, run)
    assert (words.writer, words.text) == (STRATEGY, "last words")
    assert failed.text.startswith("failed: STRATEGY_RAISED: ZeroDivisionError")


async def test_hostile_lines_are_cut_and_kept_and_too_many_dropped(house: House) -> None:
    body = (
        "ctx.log('x' * 5000)\nctx.log(chr(0xDC80))\nctx.log(7)\nctx.log('')\nctx.log('a\\n\\0b')\n"
        "for n in range(400): ctx.log(str(n))"
    )
    run = await run_of(house, body)
    assert run.state is RunState.FINISHED
    lines = (await log_of(house, run))[2:-1]
    assert [line.text for line in lines[:5]] == ["x" * 1000, "\\udc80", "7", "", "a\n\0b"]
    assert (len(lines), lines[-1].writer) == (201, HOST)
    assert lines[-1].text == "205 lines more were dropped"


async def test_lines_that_are_told_again_are_kept_once(house: House) -> None:
    run = await run_of(house, "pass")
    for _ in range(2):
        await house.runs.log(TENANT, run.run_id, 99, [(5, "one"), (6, "two")])
    assert [line.text for line in await log_of(house, run)][-2:] == ["one", "two"]
    with pytest.raises(NotFound):
        await house.runs.log("other", run.run_id, 100, [(5, "three")])


async def test_the_oldest_lines_go_and_the_numbers_stay(house: House) -> None:
    run = await run_of(house, "pass")
    for seq in range(100, 160):
        await house.runs.log(TENANT, run.run_id, seq, [(seq, "x")] * 200)
    log = await log_of(house, run)
    assert len(log) == MOST_LINES
    assert log[-1].number - log[0].number == MOST_LINES - 1
    assert log[-1].number == 3 + 60 * 200


async def test_pages_of_the_log_go_on(house: House) -> None:
    run = await run_of(house, "for n in range(5): ctx.log(str(n))")
    token, numbers = "", []
    while True:
        page, token = await house.run_logs.page(TENANT, run.run_id, 3, token)
        numbers.append([line.number for line in page])
        if not token:
            break
    assert numbers == [[1, 2, 3], [4, 5, 6], [7, 8]]
    with pytest.raises(InvalidRequest) as bad:
        await house.run_logs.page(TENANT, run.run_id, 3, "nonsense")
    with pytest.raises(NotFound) as unknown:
        await house.run_logs.page(TENANT, "run_none", 3, "")
    assert [bad.value.reason, unknown.value.reason] == ["PAGE_TOKEN_INVALID", "RUN_NOT_FOUND"]


async def test_a_watch_cut_anywhere_goes_on_behind_its_cursor(house: House) -> None:
    run = await run_of(house, "ctx.log('one')")
    whole = await log_of(house, run)
    told = [batch async for batch in house.run_logs.watch(TENANT, run.run_id, "")]
    assert [line for lines, _ in told for line in lines] == whole
    cursor = told[-1][1]
    assert [batch async for batch in house.run_logs.watch(TENANT, run.run_id, cursor)] == []
    with pytest.raises(InvalidRequest) as bad:
        await anext(house.run_logs.watch(TENANT, run.run_id, "nonsense"))
    with pytest.raises(NotFound):
        await anext(house.run_logs.watch("other", run.run_id, ""))
    assert bad.value.reason == "CURSOR_INVALID"


async def test_a_watch_follows_a_run_at_work_to_its_end(tmp_path: Path, desk: MemoryDesk) -> None:
    happens = {}
    async with a_house(tmp_path, desk, processes=Interrupted(happens)) as house:
        await furnish(house, some_days(8))
        await keep(house, "logs", on_bar("ctx.log('mine')", 3))
        wanted = Wanted("logs", "", "AAPL", "1d", {})
        run = await house.start_run(wanted, "acc_1", 0, request=a_request())
        request = a_request()
        happens[4] = lambda: house.pause_run.pause(run.run_id, request=request)
        texts: list[str] = []
        async with aclosing(house.run_logs.watch(TENANT, run.run_id, "")) as told:
            async for lines, _ in told:
                texts += [line.text for line in lines]
    assert texts == [
        "will hear 8 bars of AAPL.XNAS",
        "started",
        "mine",
        "paused",
        "finished after 8 bars",
    ]
