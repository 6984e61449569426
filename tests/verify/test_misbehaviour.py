"""140 strategies that misbehave, twenty of each kind, beside one that must not notice."""

import itertools
import resource
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from domain.strategies.run import RunState
from domain.strategies.wanted import Wanted
from tests.houses import TENANT, MemoryDesk, a_house, a_request, furnish, keep, some_days
from tests.misbehaviour import KINDS, TIMED_OUT, Timed, a_neighbour
from tests.strategy_sources import on_bar
from tests.unit.isolation.standing import is_gone

pytestmark = pytest.mark.alone

OF_EACH = 20
HANDLER_TIMEOUT = 1.5  # the default of the setting
BARS = 8


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
async def test_twenty_of_a_kind_are_contained(tmp_path: Path, kind: str) -> None:
    desk, timed = MemoryDesk(), Timed(HANDLER_TIMEOUT)
    cases = list(itertools.islice(itertools.cycle(KINDS[kind].items()), OF_EACH))
    ends: list[str] = []
    slowest = 0.0
    async with a_house(tmp_path, desk, processes=timed) as house, a_neighbour() as neighbour:
        await furnish(house, some_days(BARS))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number, (body, reasons) in enumerate(cases):
            used_before = processor_seconds_of_children()
            desk.add(account := f"acc_{number}")
            await keep(house, f"bad-{number}", on_bar(body, at=1 + number % 5))
            wanted = Wanted(f"bad-{number}", "", "AAPL", "1d", {})
            with capture_logs() as told:
                run = await house.start_run(wanted, account, 0, request=a_request())
                await house.host.wait(run.run_id)
            run = await house.runs.get(TENANT, run.run_id)
            ends.append(run.error_reason)
            assert run.error_reason in reasons, (body, run.error_message)
            assert run.state is (RunState.FAILED if run.error_reason else RunState.FINISHED)
            assert bool(run.error_message) == bool(run.error_reason)
            assert desk.accounts[account].run_id == "", "the account is not free"
            assert len(desk.accounts[account].core.orders) == 0
            assert is_gone(timed.pids[-1]), body
            assert sum(len(str(line)) for line in told) < 4_000_000, "the log is flooded"
            if run.error_reason == TIMED_OUT:
                # On a machine that has more to do than this the clock runs on while it waits.
                used = processor_seconds_of_children() - used_before
                took = min(timed.broke_after, used)
                slowest = max(slowest, took)
                assert took < 2.0, body
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        heard = neighbour.heard
    print(
        f"{kind}: {len(ends)} of {OF_EACH} contained, {sorted(set(ends))}; slowest stop"
        f" {slowest:.2f} s; neighbour heard {heard}, slowest answer"
        f" {neighbour.slowest * 1000:.0f} ms; host grew {grown // 1024} MiB"
    )
    assert neighbour.slowest < 0.25
    assert heard > OF_EACH
    assert grown < 256 * 1024, "the platform's memory"


def processor_seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
