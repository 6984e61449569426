"""One worker process, from the host's side."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from adapters.worker_process.frames import BadFrame, FrameTooLarge, PipeClosed, frame
from adapters.worker_process.messages import Broke, Walled
from adapters.worker_process.patience import Patience, TookTooLong, within
from adapters.worker_process.stream import AsyncFrameReader
from adapters.worker_process.walls.groups import Group, Groups
from adapters.worker_process.walls.wall import GIB, USER_ID, Walls
from adapters.worker_process.words import Words
from domain.errors import DomainError, Unavailable
from ports.strategy_process import StrategyBroke

GRACE = 1.0  # seconds to exit in after closing the pipe
_READ_AHEAD = 4 * 1024 * 1024

Said = TypeVar("Said")


@dataclass(frozen=True)
class Trade:
    """What a worker is for: `noun` names it, `error` is raised when it breaks.

    Reasons begin with the noun: STRATEGY_TIMED_OUT, STRATEGY_OUT_OF_MEMORY,
    STRATEGY_PROCESS_ENDED, STRATEGY_TOO_LARGE.
    """

    noun: str
    error: type[DomainError]

    def broke(self, what: str, why: str, **facts: str) -> DomainError:
        """The error of a process that ended, or had to."""
        return self.error(why, reason=f"{self.noun.upper()}_{what}", **facts)

    def broke_out_of_turn(self, said: object) -> DomainError:
        """The error of a process that says what nobody asked for."""
        kind = type(said).__name__
        return self.broke("PROCESS_ENDED", f"the {self.noun}'s process said {kind} out of turn")

    def fell(self, said: Broke) -> DomainError:
        """The error of a worker that says it broke; a strategy's last words come with it."""
        error = self.error(said.message, reason=said.reason, line=str(said.line))
        if isinstance(error, StrategyBroke):
            error.lines = said.log
        return error


STRATEGY = Trade("strategy", StrategyBroke)


@dataclass(frozen=True)
class Bounds:
    """What a worker may have: bytes of memory, and the user it becomes where we are root."""

    memory: int = 2 * GIB
    user: int = USER_ID


_groups = Groups()
_NO_GROUP = Group({})


class Worker(Generic[Said]):
    """A child that dies with us. Speaks in frames; what it prints are its words."""

    def __init__(
        self,
        child: asyncio.subprocess.Process,
        kinds: object,
        words: Words,
        trade: Trade,
    ) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        self.pid = child.pid
        self._child = child
        self._input = child.stdin
        self._said = AsyncFrameReader[Said | Walled](child.stdout, kinds | Walled)
        self.words = words
        self._trade = trade
        self._group = _NO_GROUP
        self._ran_out_of_memory = False
        self._group_is_gone = False
        self._listening = asyncio.create_task(words.listen(child.stderr))

    @classmethod
    async def spawn(
        cls,
        module: str,
        kinds: object,
        trade: Trade = STRATEGY,
        name: str = "",
        arguments: Sequence[str] = (),
        bounds: Bounds = Bounds(),
    ) -> "Worker[Said]":
        """Starts `python -m module` in a session of its own, with next to no environment.

        `kinds` are the types of what it may say; its words are logged under `name`. It builds its
        walls before it does anything of its task. Raises Unavailable (`WORKER_UNAVAILABLE`) when
        the system gives no process.
        """
        given = map(str, (os.getpid(), bounds.user, bounds.memory))
        try:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-s", "-m", module, *given, *arguments),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=_environment(),
                limit=_READ_AHEAD,
                start_new_session=True,
            )
        except OSError as error:
            raise Unavailable(
                f"no process for the {trade.noun}: {error.strerror}", reason="WORKER_UNAVAILABLE"
            ) from error
        worker = cls(child, kinds, Words(name or trade.noun), trade)
        try:
            # It waits for its task meanwhile: nothing of an author's runs outside of its group.
            worker._group = await asyncio.to_thread(_groups.enclose, child.pid, bounds.memory)
        except BaseException:
            await worker.kill()
            raise
        return worker

    @property
    def group_walls(self) -> Walls:
        """Those that we have built around it; the others it builds itself."""
        return self._group.walls

    def say(self, messages: Iterable[object]) -> None:
        """Sends messages, without waiting: a worker that stopped reading shows in `hear`.

        Raises the error of its trade (`STRATEGY_TOO_LARGE`) for one that no frame holds.
        """
        try:
            self._input.writelines([frame(message) for message in messages])
        except FrameTooLarge as error:
            raise self._trade.broke("TOO_LARGE", str(error)) from error

    async def walled(self, patience: Patience | None) -> Walls:
        """Which walls it has built; its first word to any task. Raises as `hear`."""
        said = await self._next(patience)
        if isinstance(said, Walled):
            return said.walls.and_also(self.group_walls)
        raise self._trade.broke_out_of_turn(said)

    async def hear(self, patience: Patience | None) -> Said:
        """What it says next.

        Raises the error of its trade when it says that it broke, ends, says nonsense, or takes
        longer than there is patience for; it is dead after each of them.
        """
        said = await self._next(patience)
        if isinstance(said, Walled):
            raise self._trade.broke_out_of_turn(said)
        if isinstance(said, Broke):
            await self.kill()
            raise self._trade.fell(said)
        return said

    async def _next(self, patience: Patience | None) -> "Said | Walled":
        try:
            return await within(patience, self.pid, self._said.read())
        except TookTooLong as error:
            await self.kill()
            raise self._trade.broke("TIMED_OUT", f"the {self._trade.noun} {error}") from None
        except PipeClosed as error:
            await self._last_breath()
            raise self._ended("") from error
        except BadFrame as error:
            await self.kill()
            raise self._ended(f": {error}") from error

    async def kill(self) -> None:
        """Ends it and whatever it has started; returns when it is gone. Harmless twice."""
        if not self._group_is_gone:
            self._group_is_gone = True  # once: later the number may be somebody else's
            # Not Process.kill(): it may reap the child itself, and the exit code is lost then.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self._input.close()
        await self._child.wait()
        self._child._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 - pipes too
        # Somebody it started may hold its standard error open: what it prints is nobody's business.
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        if (group := self._group) is not _NO_GROUP:
            self._group = _NO_GROUP
            self._ran_out_of_memory = group.ran_out_of_memory()
            await asyncio.to_thread(group.end)

    async def _last_breath(self) -> None:
        """The pipe is closed: let it exit by itself, so that we learn how, and hear its words."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self._child.wait()
                await asyncio.shield(self._listening)
        await self.kill()

    def _ended(self, why: str) -> DomainError:
        if self._ran_out_of_memory:
            words = f"the {self._trade.noun} took more memory than it may"
            return self._trade.broke("OUT_OF_MEMORY", words)
        code = self._child.returncode
        how = f"by signal {-code}" if code is not None and code < 0 else f"with code {code}"
        last = f"; its last words: {self.words.last[-1]}" if self.words.last else ""
        return self._trade.broke(
            "PROCESS_ENDED", f"the {self._trade.noun}'s process ended {how}{why}{last}"
        )


def _environment() -> dict[str, str]:
    """No token and no setting of ours reaches an author's code."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "TZ") if name in os.environ}
    return {
        **kept,
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
