"""What a mutant is, and how it is put in the place of the code that it breaks."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from msgspec import Struct

Put = Callable[[object, str, object], None]


class Mutant(Struct, frozen=True):
    """One broken promise. `seeds` have found it before, the first of them most quickly."""

    name: str
    breaks: str
    put: Callable[[Put], None]
    seeds: tuple[int, ...] = ()


@contextmanager
def mutated(mutant: Mutant | None) -> Iterator[None]:
    """With the mutant in its place; with None everything stays as it is."""
    with ExitStack() as stack:

        def put(owner: object, name: str, instead: object) -> None:
            stack.enter_context(patch.object(owner, name, instead))

        if mutant is not None:
            mutant.put(put)
        yield
