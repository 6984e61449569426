"""How long a worker may take, and how that is seen."""

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

from msgspec import Struct

SILENCE = 20  # times what a handler may use, it may take on a machine that is busy
START_USE, START_SILENCE = 10.0, 30.0  # seconds: libraries are loaded then
FIRST_LOOK, LEAST_PAUSE = 0.2, 0.01

T = TypeVar("T")


class Patience(Struct, frozen=True):
    """Seconds of the clock, and of processor time (None: any); who takes more of either is ended.

    A strategy in a loop uses up the processor time, whatever else the machine does, and one that
    honestly works is not ended because others had the processor. One that sleeps uses up the clock.
    """

    silence: float
    use: float | None = None


def for_a_handler(seconds: float) -> Patience:
    """With a strategy that may use so many seconds for what it hears."""
    return Patience(silence_of(seconds), seconds)


def for_a_start(seconds: float) -> Patience:
    """With one that is made, and then called for the first time."""
    return Patience(max(START_SILENCE, silence_of(seconds)), max(START_USE, seconds))


def silence_of(seconds: float) -> float:
    """How long somebody may be silent who may use so many seconds."""
    return SILENCE * seconds


class TookTooLong(Exception):
    """Patience ran out; the message says which."""


async def within(patience: Patience | None, pid: int, answer: Awaitable[T]) -> T:
    """The answer of the process. Raises TookTooLong."""
    if patience is None:
        return await answer
    watch = _Watch(patience, pid)
    try:
        async with asyncio.timeout(None) as watch.limit:
            watch.begin()
            return await answer
    except TimeoutError:
        raise TookTooLong(watch.why) from None
    finally:
        watch.end()


class _Watch:
    """Looks at a process now and then: an answer that comes at once costs no look."""

    limit: asyncio.Timeout

    def __init__(self, patience: Patience, pid: int) -> None:
        self.why = ""
        self._patience = patience
        self._pid = pid
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._used_before: float | None = None

    def begin(self) -> None:
        first = min(FIRST_LOOK, self._patience.silence, self._patience.use or FIRST_LOOK)
        self._timer = self._loop.call_later(first, self._first_look)

    def end(self) -> None:
        self._timer.cancel()

    def _first_look(self) -> None:
        used = processor_seconds(self._pid)
        # As if it had worked all the time until now.
        self._used_before = None if used is None else used - (self._loop.time() - self._began)
        self._look()

    def _look(self) -> None:
        silence, use = self._patience.silence, self._patience.use
        left = silence - self._waited
        self.why = f"did not answer for {silence:g} s"
        if use is not None and use - self._used < left:
            left = use - self._used
            self.why = f"used {use:g} s of processor time and did not answer"
        if left > 0:
            self._timer = self._loop.call_later(max(left, LEAST_PAUSE), self._look)
        else:
            self.limit.reschedule(self._loop.time())

    @property
    def _waited(self) -> float:
        return self._loop.time() - self._began

    @property
    def _used(self) -> float:
        used = processor_seconds(self._pid)
        if used is None or self._used_before is None:
            return self._waited
        return used - self._used_before


def processor_seconds(pid: int) -> float | None:
    """What a process has used so far; None where the system does not say."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # the clock of a process, as Linux numbers it
    except OSError:
        return None
