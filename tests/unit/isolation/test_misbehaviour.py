"""One strategy of each way to misbehave, quickly; tests/verify has twenty of each."""

from pathlib import Path

import pytest

from domain.strategies.run import RunState
from domain.strategies.wanted import Wanted
from tests.houses import TENANT, MemoryDesk, a_house, a_request, furnish, keep, some_days
from tests.misbehaviour import KINDS, Timed, a_neighbour
from tests.strategy_sources import on_bar
from tests.unit.isolation.standing import is_gone


async def test_one_of_each_kind_ends_its_own_run_and_no_other(tmp_path: Path) -> None:
    desk, timed = MemoryDesk(), Timed(0.3)
    ended = {}
    async with a_house(tmp_path, desk, processes=timed) as house, a_neighbour() as neighbour:
        await furnish(house, some_days(6))
        for kind, bodies in KINDS.items():
            body, reasons = next(iter(bodies.items()))
            desk.add(f"acc_{kind}")
            await keep(house, kind, on_bar(body))
            wanted = Wanted(kind, "", "AAPL", "1d", {})
            run = await house.start_run(wanted, f"acc_{kind}", 0, request=a_request())
            await house.host.wait(run.run_id)
            run = await house.runs.get(TENANT, run.run_id)
            assert run.state is RunState.FAILED
            assert run.error_reason in reasons, (kind, run.error_message)
            assert is_gone(timed.pids[-1])
            ended[kind] = run.error_message
        heard = neighbour.heard
    assert len(ended) == 7
    assert heard > len(KINDS), "the neighbour stood still"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (body, reasons)
        for kind, number in (("fork", 1), ("fork", 4), ("print", 3), ("allocate", 1))
        for body, reasons in [list(KINDS[kind].items())[number]]
    ],
    ids=["forks on and on", "threads without end", "writes past the streams", "allocates"],
)
async def test_the_reason_is_told_apart(tmp_path: Path, body: str, reason: set[str]) -> None:
    desk = MemoryDesk()
    desk.add("acc_1")
    async with a_house(tmp_path, desk, processes=Timed(0.5)) as house:
        await furnish(house, some_days(6))
        await keep(house, "bad", on_bar(body))
        run = await house.start_run(
            Wanted("bad", "", "AAPL", "1d", {}), "acc_1", 0, request=a_request()
        )
        await house.host.wait(run.run_id)
        run = await house.runs.get(TENANT, run.run_id)
    assert run.error_reason in reason, run.error_message
