"""A loop of its own, whose time jumps: what is ready runs in the order that the seed draws.

It offers what tasks, futures, locks, queues and task groups of asyncio ask of a loop and nothing
more, so production coroutines run in it as they are, some times quicker than in a loop that could
also read sockets. `virtual_loop.py` is the other, faithful tier.
"""

import asyncio
from asyncio import events
from collections.abc import Callable, Coroutine
from heapq import heappop, heappush
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")


class Deadlock(AssertionError):
    """Somebody waits, and nothing is left that could happen."""


class SimTask(asyncio.Task):
    """A task that sets keep in the order of its birth: task groups end theirs in a set's order."""

    def __init__(self, number: int, coro: Coroutine[Any, Any, Any], loop: "Kernel") -> None:
        self._number = number
        super().__init__(coro, loop=loop, name="task")

    def __hash__(self) -> int:
        return self._number

    __eq__ = asyncio.Task.__eq__


class Timer:
    """What `call_later` gives."""

    __slots__ = ("_cancelled", "_when")

    def __init__(self, when: float) -> None:
        self._when = when
        self._cancelled = False

    def cancel(self) -> None:
        """It does not happen."""
        self._cancelled = True

    def cancelled(self) -> bool:
        return self._cancelled

    def when(self) -> float:
        return self._when


class Kernel(asyncio.AbstractEventLoop):
    """A heap of (time, seeded tiebreak, number) and a list of what is ready."""

    def __init__(self, seed: int) -> None:
        self._draw = Random(seed).random
        self._now = 0.0
        self._ready: list[tuple[Callable[..., object], tuple[Any, ...]]] = []
        self._later: list[tuple[float, float, int, Timer, Callable[..., object], Any]] = []
        self._count = 0
        self._born = 0
        self._closed = False
        self.steps = 0

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Runs `main` to its end. Raises `Deadlock`, and what it raises."""
        before = events._get_running_loop()
        events._set_running_loop(self)
        try:
            task = self.create_task(main)
            self._until(task)
            return task.result()
        finally:
            events._set_running_loop(before)

    def _until(self, task: "asyncio.Task[Any]") -> None:
        ready, draw = self._ready, self._draw
        while not task.done():
            if not ready:
                self._advance()
            chosen = int(draw() * len(ready))
            ready[chosen], ready[-1] = ready[-1], ready[chosen]
            act, arguments = ready.pop()
            self.steps += 1
            act(*arguments)

    def _advance(self) -> None:
        """On to the next moment at which something happens."""
        later, ready = self._later, self._ready
        while later:
            when, _, _, timer, act, arguments = heappop(later)
            if timer._cancelled:
                continue
            self._now = when
            ready.append((act, arguments))
            while later and later[0][0] <= when:
                _, _, _, timer, act, arguments = heappop(later)
                if not timer._cancelled:
                    ready.append((act, arguments))
            return
        raise Deadlock("everybody waits, and nothing is left that could happen")

    # what asyncio asks of a loop

    def time(self) -> float:
        return self._now

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Any = None) -> None:
        self._ready.append((callback, args))

    call_soon_threadsafe = call_soon

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> Timer:
        return self.call_at(self._now + delay, callback, *args)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Any = None
    ) -> Timer:
        timer = Timer(when)
        self._count += 1
        heappush(self._later, (when, self._draw(), self._count, timer, callback, args))
        return timer

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Coroutine[Any, Any, T], *, name: str | None = None, context: Any = None
    ) -> "asyncio.Task[T]":
        self._born += 1
        return SimTask(self._born, coro, self)

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self._closed

    def is_closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Nothing of what is left happens; what is dropped may not come back."""
        self._closed = True
        self._ready.clear()
        self._later.clear()

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Tasks of the dead are dropped while they wait; nobody has to hear of it."""

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """As above."""
