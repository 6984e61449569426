"""asyncio itself in virtual time: the faithful tier, in which nothing of a loop is our own."""

import asyncio
import selectors
from collections import deque
from collections.abc import Coroutine
from random import Random
from typing import Any, TypeVar

from tests.simulation.kernel import Deadlock

T = TypeVar("T")


class VirtualLoop(asyncio.BaseEventLoop):
    """The base loop of asyncio; waiting costs nothing, and ready steps of tasks are permuted.

    Only steps of tasks change places: libraries may rely on the order of other callbacks.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = Random(seed)
        self._virtual = 0.0
        self._selector = _Skip(self)
        self.steps = 0
        self.set_exception_handler(lambda _loop, _context: None)

    def time(self) -> float:
        return self._virtual

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Runs `main` to its end. Raises `Deadlock`, and what it raises."""
        return self.run_until_complete(main)

    def skip(self, seconds: float | None) -> None:
        """Instead of sleeping: on to the next timer."""
        if seconds is None:
            raise Deadlock("everybody waits, and nothing is left that could happen")
        if seconds > 0:
            self._virtual += seconds

    def _run_once(self) -> None:
        """What is ready now is shuffled, as far as it is steps of tasks."""
        ready: deque[asyncio.Handle] = self._ready  # type: ignore[attr-defined]
        self.steps += len(ready)
        if len(ready) > 1:
            handles = list(ready)
            places = [place for place, handle in enumerate(handles) if _is_step(handle)]
            chosen = places.copy()
            self._random.shuffle(chosen)
            shuffled = handles.copy()
            for place, source in zip(places, chosen, strict=True):
                shuffled[place] = handles[source]
            ready.clear()
            ready.extend(shuffled)
        super()._run_once()  # type: ignore[misc]

    def _process_events(self, event_list: list[Any]) -> None:
        """There is nothing to read from."""

    def _write_to_self(self) -> None:
        """Nobody else wakes this loop."""


class _Skip:
    """In the place of a selector."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.skip(timeout)
        return []

    def close(self) -> None:
        """Nothing is open."""


def _is_step(handle: asyncio.Handle) -> bool:
    return isinstance(getattr(handle._callback, "__self__", None), asyncio.Task)
