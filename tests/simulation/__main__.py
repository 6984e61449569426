"""`python -m tests.simulation --seeds 0:1000 --orders 200`: seeds until one breaks a promise.

`--mutants all` shows that each broken promise is found, and by which seeds.
"""

import argparse
import sys
import time

from tests.simulation.campaign import Plan, Total, first_found, numbers_of, run, seeds_of
from tests.simulation.mutants import MUTANTS
from tests.simulation.scenario import FAULTS
from tests.simulation.shrink import command, shrink
from tests.simulation.world import TIERS

PROGRESS_SECONDS = 10.0


def main(arguments: list[str] | None = None) -> int:
    """0 when every promise was kept; with `--mutants`, when each mutant was found."""
    asked = _parser().parse_args(arguments)
    plan = Plan(
        seeds_of(asked.seeds),
        asked.orders,
        asked.tier,
        asked.mutant,
        asked.workers,
        asked.twice,
        asked.clients,
        frozenset(filter(None, asked.without.split(","))),
        numbers_of(asked.drop),
    )
    if asked.mutants:
        return _hunt(plan, list(MUTANTS) if asked.mutants == "all" else asked.mutants.split(","))
    total = run(plan, _progress())
    print(total)
    print("faults:", ", ".join(f"{kind} {count}" for kind, count in total.struck.most_common()))
    for seed, violations in sorted(total.found.items()):
        print(f"seed {seed}: {len(violations)} violations")
        for violation in violations[:5]:
            print(f"  {violation}")
    if total.found and asked.shrink:
        seed = min(total.found)
        print(command(shrink(plan, seed, print), seed))
    return 1 if total.found else 0


def _hunt(plan: Plan, names: list[str]) -> int:
    survivors = []
    for name in names:
        began = time.monotonic()
        found = first_found(Plan(plan.seeds, plan.orders, plan.tier, name, plan.workers))
        seconds = time.monotonic() - began
        if found is None:
            survivors.append(name)
            print(f"{name}: SURVIVES {len(plan.seeds)} seeds ({seconds:.0f} s)", flush=True)
        else:
            why = found.violations[0]
            print(f"{name}: found by seed {found.seed}, {why.kind} ({seconds:.0f} s)", flush=True)
    print(f"{len(names) - len(survivors)} of {len(names)} mutants found")
    return 1 if survivors else 0


def _progress():
    last = time.monotonic()

    def hear(total: Total) -> None:
        nonlocal last
        if time.monotonic() - last > PROGRESS_SECONDS:
            last = time.monotonic()
            print(total, file=sys.stderr, flush=True)

    return hear


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", default="0:100", help="a range, 0:1000, or one seed")
    parser.add_argument("--orders", type=int, default=200, help="of each seed")
    parser.add_argument("--tier", choices=sorted(TIERS), default="kernel")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), default="")
    parser.add_argument("--mutants", default="", help="all, or names: which seeds find them")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--twice", type=int, default=10, help="each nth seed runs twice; 0: none")
    parser.add_argument("--clients", type=int, default=0, help="so many, whatever the seed says")
    parser.add_argument(
        "--without", default="", help=f"kinds of faults to leave out: {', '.join(FAULTS)}"
    )
    parser.add_argument("--drop", default="", help="numbers of faults to leave out: 1,4-9")
    parser.add_argument("--shrink", action="store_true", help="make the first failing seed small")
    return parser


if __name__ == "__main__":
    sys.exit(main())
