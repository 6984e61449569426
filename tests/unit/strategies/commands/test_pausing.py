"""A client pauses a run and lets it go on."""

from pathlib import Path

import pytest

from domain.errors import NotFound
from domain.orders.request import OrderRequest, Side
from domain.orders.state import OrderState
from domain.strategies.run import RunState
from ports.request_log import RequestIdReused
from tests.houses import AAPL, TENANT, a_house, a_request, furnish
from tests.houses import some_days as days
from tests.in_process import InProcess, Interrupted
from tests.integration.runs.conftest import OrdersIn
from tests.unit.strategies.commands.desk import Desk, Happens, reason_of


async def test_a_paused_run_hears_every_bar_and_may_only_reduce(desk: Desk) -> None:
    run = await desk.start()
    desk.happens[5] = lambda: desk.house.pause_run.pause(run.run_id, request=a_request())
    run = await desk.ended(run)
    assert (run.state, run.bar_count) == (RunState.FINISHED, 12)
    placed = await desk.placed(run)
    decided = [(one.side, one.state, one.reason) for one in placed]
    denied = (Side.BUY, OrderState.DENIED, "RUN_PAUSED")
    sold = (Side.SELL, OrderState.FILLED, "")
    assert decided[6:12] == [denied, denied, sold, denied, denied, denied]
    assert {one.reason for one in placed[:6]} == {""}
    assert placed[0].state is OrderState.CANCELED, "its working orders stayed to the end"
    assert await desk.held(run) == 4 * 10 - 5 - 5


async def test_resumed_it_trades_as_before(desk: Desk) -> None:
    run = await desk.start()
    pause = desk.house.pause_run
    desk.happens[2] = lambda: pause.pause(run.run_id, request=a_request())
    desk.happens[5] = lambda: pause.resume(run.run_id, request=a_request())
    run = await desk.ended(run)
    denied = [one.request for one in await desk.placed(run) if one.reason == "RUN_PAUSED"]
    assert denied == [4, 6], "the third and fifth bar; the fourth reduces"


async def test_a_sale_that_would_go_through_flat_is_denied_too(desk: Desk) -> None:
    run = await desk.start()
    account_id = run.account_id

    async def sell_short() -> None:
        wish = OrderRequest(1_000, AAPL.instrument_id, Side.SELL, 11)
        await desk.house.desk.place(TENANT, account_id, run.run_id, 1, [wish], may_only_reduce=True)

    desk.happens[2] = sell_short
    await desk.ended(run)
    [order] = [one for one in await desk.placed(run) if one.request == 1_000]
    assert order.reason == "RUN_PAUSED"


async def test_being_paused_survives_a_restart(tmp_path: Path) -> None:
    orders, happens = OrdersIn(tmp_path), Happens()
    async with a_house(tmp_path, orders, processes=Interrupted(happens)) as house:
        await furnish(house, days(12))
        desk = Desk(house, orders, happens)
        run = await desk.start()

        async def pause_and_leave() -> None:
            asked = await house.pause_run.pause(run.run_id, request=a_request())
            assert asked.state is RunState.PAUSED
            house.host._at_work[run.run_id][1].leave()

        happens[3] = pause_and_leave
        await desk.ended(run)
    async with a_house(tmp_path, orders, processes=InProcess()) as house:
        desk = Desk(house, orders, happens)
        assert (await house.runs.get(TENANT, run.run_id)).state is RunState.PAUSED
        await house.host.resume()
        run = await desk.ended(run)
        assert run.state is RunState.FINISHED
        reasons = [one.reason for one in await desk.placed(run)]
    assert reasons.count("RUN_PAUSED") == 6
    orders.close()


async def test_pausing_and_resuming_are_refused_where_there_is_nothing_to_do(desk: Desk) -> None:
    run = await desk.start()
    pause, found = desk.house.pause_run, []

    async def try_everything() -> None:
        found.append(await reason_of(pause.resume, run, validate_only=True))
        found.append(await reason_of(pause.resume, run))
        before = await desk.house.runs.get(TENANT, run.run_id)
        told = await pause.pause(run.run_id, request=a_request(name="p"), validate_only=True)
        assert told.state is RunState.PAUSED
        assert await desk.house.runs.get(TENANT, run.run_id) == before
        await pause.pause(run.run_id, request=a_request(name="p"))
        found.append(await reason_of(pause.pause, run, validate_only=True))
        found.append(await reason_of(pause.pause, run))
        told = await pause.resume(run.run_id, request=a_request(), validate_only=True)
        assert told.state is RunState.RUNNING

    desk.happens[3] = try_everything
    run = await desk.ended(run)
    found += [
        await reason_of(verb, run) for verb in (pause.pause, pause.resume, desk.house.flatten_run)
    ]
    assert found == ["RUN_NOT_PAUSED"] * 2 + ["RUN_PAUSED_ALREADY"] * 2 + ["RUN_ENDED"] * 3
    with pytest.raises(NotFound) as unknown:
        await pause.pause("run_none", request=a_request())
    assert unknown.value.reason == "RUN_NOT_FOUND"


async def test_the_same_request_pauses_once(desk: Desk) -> None:
    run = await desk.start()
    pause, answers = desk.house.pause_run, []

    async def pause_resume_and_pause_again() -> None:
        answers.append(await pause.pause(run.run_id, request=a_request(name="one")))
        await pause.resume(run.run_id, request=a_request())
        answers.append(await pause.pause(run.run_id, request=a_request(name="one")))
        with pytest.raises(RequestIdReused):
            await pause.pause(run.run_id, request=a_request(body=b"other", name="one"))

    desk.happens[3] = pause_resume_and_pause_again
    run = await desk.ended(run)
    assert answers[0] == answers[1]
    assert not [one for one in await desk.placed(run) if one.reason]
