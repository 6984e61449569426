"""Every mutant, by name, with the seeds that found it."""

from collections.abc import Callable
from types import ModuleType

from tests.simulation.mutants import books, protocol, stores
from tests.simulation.mutants.mutant import Mutant, Put

SEEDS: dict[str, tuple[int, ...]] = {}
"""By `python -m tests.simulation --mutants all`; see docs/order-safety.md."""


def _of(module: ModuleType) -> list[Mutant]:
    found: list[Mutant] = []
    for name, put in vars(module).items():
        is_mutant = callable(put) and getattr(put, "__module__", "") == module.__name__
        if is_mutant and not name.startswith("_") and _takes_put(put):
            breaks = (put.__doc__ or "").strip().splitlines()[0]
            found.append(Mutant(name, breaks, put, SEEDS.get(name, ())))
    return found


def _takes_put(put: Callable[[Put], None]) -> bool:
    return getattr(put, "__annotations__", {}).get("put") is Put


MUTANTS: dict[str, Mutant] = {
    mutant.name: mutant for module in (protocol, books, stores) for mutant in _of(module)
}
