"""The simulation is true to itself: it repeats to the byte, and it sees what is broken."""

import subprocess
import sys

import pytest

from tests.simulation.__main__ import main
from tests.simulation.campaign import Plan, numbers_of, run, run_seed, seeds_of, words_of
from tests.simulation.mutants import MUTANTS
from tests.simulation.scenario import FAULTS, scenario_of
from tests.simulation.shrink import command, shrink
from tests.simulation.world import TIERS

TRACE = """
from tests.simulation.campaign import Plan, run_seed
print(run_seed(Plan(range(1), 30), 3)[0].trace)
"""


@pytest.mark.parametrize("tier", sorted(TIERS))
def test_the_same_seed_gives_the_same_trace(tier: str) -> None:
    plan = Plan(range(2), 30, tier, twice=1)
    total = run(plan)
    assert total.repeated == 2
    assert total.found == {}
    assert run_seed(plan, 0)[0].trace != run_seed(plan, 1)[0].trace


def test_the_trace_depends_on_no_hash_of_a_process() -> None:
    traces = {
        subprocess.run(
            [sys.executable, "-c", TRACE],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(traces) == 1
    assert traces.pop().strip() == run_seed(Plan(range(1), 30), 3)[0].trace


def test_every_kind_of_fault_strikes_somewhere() -> None:
    enabled = {kind for seed in range(50) for kind in scenario_of(seed, 1).rates}
    assert enabled == set(FAULTS)


def test_there_are_mutants_enough_and_each_says_what_it_breaks() -> None:
    assert len(MUTANTS) >= 25
    assert all(mutant.breaks and mutant.seeds for mutant in MUTANTS.values())


def test_a_broken_promise_is_found_made_small_and_can_be_replayed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seed = MUTANTS["money_as_float"].seeds[0]
    plan = Plan(range(seed, seed + 1), 20, mutant="money_as_float")
    assert run_seed(plan, seed)[0].violations[0].kind == "cash"
    small = shrink(plan, seed, print)
    assert small.orders < 20
    assert small.without == frozenset(FAULTS), "no fault is needed to show it"
    assert main(command(small, seed).split()[3:]) == 1
    assert "cash" in capsys.readouterr().out


def test_a_kept_promise_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "1", "--orders", "20"]) == 0
    assert "0 with violations" in capsys.readouterr().out


def test_seeds_and_faults_are_named_by_ranges() -> None:
    assert seeds_of("3:5") == range(3, 5)
    assert seeds_of("7") == range(7, 8)
    assert numbers_of("1,4-6") == {1, 4, 5, 6}
    assert words_of([1, 4, 5, 6, 9]) == "1,4-6,9"
    assert words_of([]) == ""
