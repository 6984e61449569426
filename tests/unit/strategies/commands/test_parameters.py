"""A client gives a run other values, or only asks what would come of it."""

import pytest

from domain.errors import InvalidRequest, NotAllowedNow
from domain.strategies.run import RunState
from domain.strategies.wanted import Wanted
from tests.houses import a_request
from tests.unit.strategies.commands.desk import KEEPS, Desk, reason_of


async def test_new_parameters_start_the_strategy_anew(desk: Desk) -> None:
    run = await desk.start()
    told = []

    async def change() -> None:
        told.append(await desk.house.set_parameters(run.run_id, {"size": "3"}, request=a_request()))

    desk.happens[2] = change
    ended = await desk.ended(run)
    assert told[0].parameters == ended.parameters == {"instrument_id": "AAPL.XNAS", "size": "3"}
    bought = [one.quantity for one in await desk.placed(run) if one.side > 0]
    assert bought[:6] == [1, 10, 10, 1, 3, 3], "the far limit of its first bar comes again"


async def test_a_strategy_may_keep_what_it_has_learnt(desk: Desk) -> None:
    run = await desk.start(source=KEEPS)
    desk.happens[2] = lambda: desk.house.set_parameters(
        run.run_id, {"size": "3"}, request=a_request()
    )
    await desk.ended(run)
    bought = [one.quantity for one in await desk.placed(run) if one.side > 0]
    assert bought[:5] == [1, 10, 10, 3, 3]


@pytest.mark.parametrize(
    ("values", "reason", "field"),
    [
        ({}, "MISSING_FIELD", "parameters"),
        ({"seize": "3"}, "UNKNOWN_PARAMETER", "parameters.seize"),
        ({"size": "many"}, "INVALID_PARAMETER", "parameters.size"),
        ({"instrument_id": "MSFT.XNAS"}, "INVALID_PARAMETER", "parameters.instrument_id"),
        ({"lucky": "13"}, "INVALID_PARAMETER", "parameters"),
    ],
)
async def test_parameters_that_cannot_be_are_refused_and_the_run_goes_on(
    desk: Desk, values: dict[str, str], reason: str, field: str
) -> None:
    run = await desk.start()
    refusals: list[InvalidRequest] = []

    async def change() -> None:
        for validate_only in (True, False):
            with pytest.raises(InvalidRequest) as refusal:
                await desk.house.set_parameters(
                    run.run_id, values, request=a_request(), validate_only=validate_only
                )
            refusals.append(refusal.value)

    desk.happens[2] = change
    ended = await desk.ended(run)
    assert [(one.reason, list(one.violations)) for one in refusals] == [(reason, [field])] * 2
    assert (ended.state, ended.asked_count) == (RunState.FINISHED, 0)
    assert await reason_of(desk.house.set_parameters, run, {"size": "3"}) == "RUN_ENDED"


async def test_parameters_rehearsed_are_not_set(desk: Desk) -> None:
    run = await desk.start()
    told = []

    async def rehearse() -> None:
        told.append(
            await desk.house.set_parameters(
                run.run_id, {"size": "3"}, request=a_request(name="s"), validate_only=True
            )
        )

    desk.happens[2] = rehearse
    ended = await desk.ended(run)
    assert told[0].parameters["size"] == "3"
    assert "size" not in ended.parameters


async def test_a_start_and_a_stop_can_be_rehearsed(desk: Desk) -> None:
    run = await desk.start()
    found = []

    async def rehearse() -> None:
        wanted = Wanted("adds", "", "AAPL", "1d", {})
        start, account_id = desk.house.start_run, run.account_id
        busy = start(wanted, account_id, 0, request=a_request(), validate_only=True)
        with pytest.raises(NotAllowedNow) as refusal:
            await busy
        found.append(refusal.value.reason)
        stopped = await desk.house.stop_run(run.run_id, request=a_request(), validate_only=True)
        found.append(stopped.state)

    desk.happens[2] = rehearse
    run = await desk.ended(run)
    assert found == ["ACCOUNT_BUSY", RunState.STOPPING]
    assert run.state is RunState.FINISHED
    wanted = Wanted("adds", "", "AAPL", "1d", {})
    told = await desk.house.start_run(
        wanted, run.account_id, 0, request=a_request(), validate_only=True
    )
    assert (told.run_id, told.state, told.total_bar_count) == ("", RunState.STARTING, 12)
    assert await desk.house.runs.active() == []
    stop = desk.house.stop_run(run.run_id, request=a_request(), validate_only=True)
    with pytest.raises(NotAllowedNow, match="has ended"):
        await stop
