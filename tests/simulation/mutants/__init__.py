"""Production code broken on purpose, one promise at a time: the oracle must find each of them."""

from tests.simulation.mutants.mutant import Mutant, mutated
from tests.simulation.mutants.registry import MUTANTS

__all__ = ["MUTANTS", "Mutant", "mutated"]
