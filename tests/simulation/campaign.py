"""Many seeds, in this process or in several, with what came of them in figures."""

import logging
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import structlog
from msgspec import Struct, field, structs

from tests.simulation.mutants import MUTANTS, mutated
from tests.simulation.world import Result, simulate


class Plan(Struct, frozen=True):
    """What to run. Each seed whose number divides by `twice` runs twice, to the same trace."""

    seeds: range
    orders: int = 200
    tier: str = "kernel"
    mutant: str = ""
    workers: int = 1
    twice: int = 0
    clients: int = 0
    without: frozenset[str] = frozenset()
    dropped: frozenset[int] = frozenset()


class Total(Struct):
    """What came of a campaign. Processor seconds are those of all its processes."""

    seeds: int = 0
    orders: int = 0
    faults: int = 0
    crashes: int = 0
    commits: int = 0
    repeated: int = 0
    cpu_seconds: float = 0.0
    hours: float = 0.0
    struck: Counter[str] = field(default_factory=Counter)
    found: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def add(self, result: Result, repeated: int, cpu_seconds: float) -> None:
        """One seed more."""
        self.seeds += 1
        self.orders += result.orders
        self.faults += result.faults
        self.crashes += result.crashes
        self.commits += result.commits
        self.repeated += repeated
        self.cpu_seconds += cpu_seconds
        self.hours += result.seconds / 3600
        self.struck.update(result.struck)
        if result.violations:
            self.found[result.seed] = tuple(str(one) for one in result.violations)

    def __str__(self) -> str:
        minutes = self.cpu_seconds / 60 or 1.0
        return (
            f"{self.seeds} seeds, {self.orders} orders, {self.faults} faults, "
            f"{self.crashes} crashes, {self.commits} commits, {self.hours:.0f} simulated hours, "
            f"{self.repeated} repeated to the same trace, {len(self.found)} with violations; "
            f"{minutes:.1f} CPU-minutes: {self.orders / minutes:.0f} orders, "
            f"{self.faults / minutes:.0f} faults, {self.crashes / minutes:.0f} crashes each"
        )


def run(plan: Plan, hear: Callable[[Total], None] = lambda _total: None) -> Total:
    """All seeds. `hear` is told after each."""
    total = Total()
    for result, repeated, seconds in _results(plan):
        total.add(result, repeated, seconds)
        hear(total)
    return total


def first_found(plan: Plan) -> Result | None:
    """The first seed with a violation."""
    for result, _, _ in _results(plan):
        if result.violations:
            return result
    return None


def _results(plan: Plan) -> Iterator[tuple[Result, int, float]]:
    one = partial(run_seed, plan)
    if plan.workers <= 1:
        yield from map(one, plan.seeds)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(plan.workers) as pool:
        yield from pool.imap_unordered(one, plan.seeds, chunksize=4)


def run_seed(plan: Plan, seed: int) -> tuple[Result, int, float]:
    """One seed of a plan; whether it was repeated, and the processor seconds that it took.

    A second run with another trace is a violation of its own.
    """
    began = time.process_time()
    with quiet(), mutated(MUTANTS[plan.mutant] if plan.mutant else None):
        simulated = partial(
            simulate,
            seed,
            plan.orders,
            plan.tier,
            clients=plan.clients,
            without=plan.without,
            dropped=plan.dropped,
        )
        result = simulated()
        repeats = plan.twice and seed % plan.twice == 0
        if repeats and simulated().trace != result.trace:
            result = with_violation(result, "replay", "the same seed gave another trace")
    return structs.replace(result, notes=()), int(bool(repeats)), time.process_time() - began


def with_violation(result: Result, kind: str, what: str) -> Result:
    """The result with one violation more."""
    from tests.simulation.oracle import Violation

    return structs.replace(result, violations=(*result.violations, Violation(kind, what)))


class quiet:  # noqa: N801 - reads as a word
    """Without the log lines of production code: a simulation has thousands."""

    def __enter__(self) -> None:
        self._before = structlog.get_config()
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
            cache_logger_on_first_use=False,
        )

    def __exit__(self, *_: object) -> None:
        structlog.configure(**self._before)


def seeds_of(text: str) -> range:
    """`0:1000`, or one seed."""
    first, _, last = text.partition(":")
    return range(int(first), int(last) if last else int(first) + 1)


def numbers_of(text: str) -> frozenset[int]:
    """`1,4-9`."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def words_of(numbers: Sequence[int]) -> str:
    """The way back: `1,4-9`."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][-1] == number - 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ",".join("-".join(map(str, part)) for part in parts)
