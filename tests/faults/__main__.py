"""`python -m tests.faults --kills 300 --points 5`: the engine is killed, everything is counted."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.faults.hunt import Hunt, Outcome, Plan
from tests.faults.points import POINTS
from tests.faults.stores import Postgres, SqliteFile


def main() -> int:
    """0 when every zero is a zero."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="kills at random instants")
    parser.add_argument("--points", type=int, default=0, help="kills at each numbered point")
    parser.add_argument("--only", nargs="*", default=list(POINTS), help="these points alone")
    parser.add_argument(
        "--stops", type=int, default=0, help="SIGSTOPs of two engines in turn; on PostgreSQL"
    )
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--rate", type=float, default=50.0, help="decisions a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder to work in and to leave behind")
    chosen = parser.parse_args()
    plan = Plan(
        kills=chosen.kills,
        points=dict.fromkeys(chosen.only, chosen.points) if chosen.points else {},
        stops=chosen.stops,
        rate=chosen.rate,
        seed=chosen.seed,
    )
    with tempfile.TemporaryDirectory(prefix="faults-") as made:
        folder = chosen.keep or Path(made)
        folder.mkdir(exist_ok=True)
        on_file = chosen.store == "sqlite" and not chosen.stops
        store = SqliteFile(folder / "engine") if on_file else Postgres()
        hunt = Hunt(folder, store, plan, _progress)
        outcome = asyncio.run(hunt())
    return report(outcome)


def report(outcome: Outcome) -> int:
    """Prints it; 1 when anything is wrong."""
    print(
        f"{outcome.kills} kills at random, at points {outcome.points}; "
        f"{outcome.orders} orders, {outcome.repeats} repeated, {outcome.faults} faults of the "
        f"broker, {outcome.seconds:.0f} s"
    )
    for what, times in (("reads", outcome.reads), ("sends", outcome.sends)):
        if times:
            print(f"{what} again: p50 {_part(times, 0.5):.2f} s, p99 {_part(times, 0.99):.2f} s")
    if outcome.stops:
        print(f"{outcome.stops} times stopped, {outcome.takeovers} takeovers")
    print(
        f"of an old epoch {outcome.old_writes} writes and {outcome.stale} sendings; "
        f"{outcome.past_guard} sendings past the guard"
    )
    bad = [*map(str, outcome.violations), *outcome.wrong]
    bad += ["a write of an old epoch"] * outcome.old_writes
    bad += ["a sending past the guard"] * outcome.past_guard
    for line in bad[:50]:
        print(line)
    print(f"{len(outcome.violations)} violations, {len(outcome.wrong)} wrong answers")
    return 1 if bad else 0


def _part(times: list[float], part: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


def _progress(line: str) -> None:
    print(f"\r\x1b[K{line}" if sys.stdout.isatty() else line, flush=True, end="")
    if not sys.stdout.isatty():
        print(flush=True)


if __name__ == "__main__":
    sys.exit(main())
