"""One worker process, from the host's side."""

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Generic, TypeVar

from adapters.worker_process.frames import BadFrame, PipeClosed, frame
from adapters.worker_process.messages import Broke
from adapters.worker_process.stream import AsyncFrameReader
from ports.strategy_process import StrategyBroke

MAX_LINE = 2_000
LINES_PER_SECOND = 200
LINES_REMEMBERED = 20
GRACE = 1.0  # seconds to exit in after closing the pipe
_READ_AHEAD = 4 * 1024 * 1024

Log = Callable[[str], None]
Said = TypeVar("Said")


class Worker(Generic[Said]):
    """A child that dies with us. Speaks in frames; what it prints goes to the log."""

    def __init__(self, child: asyncio.subprocess.Process, kinds: object, log: Log) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        self.pid = child.pid
        self._child = child
        self._input = child.stdin
        self._said = AsyncFrameReader[Said](child.stdout, kinds)
        self._printed: deque[str] = deque(maxlen=LINES_REMEMBERED)
        self._listening = asyncio.create_task(self._listen(child.stderr, log))

    @classmethod
    async def spawn(cls, module: str, kinds: object, log: Log) -> "Worker[Said]":
        """Starts `python -m module` in a session of its own, with next to no environment.

        `kinds` are the types of what it may say.
        """
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-s", "-m", module, str(os.getpid())),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
            limit=_READ_AHEAD,
            start_new_session=True,
        )
        return cls(child, kinds, log)

    def say(self, messages: Iterable[object]) -> None:
        """Sends messages, without waiting: a worker that stopped reading shows in `hear`."""
        self._input.writelines(frame(message) for message in messages)

    async def hear(self, within: float | None) -> Said:
        """What it says next.

        Raises StrategyBroke when it says that it broke, ends, says nonsense, or says nothing for
        `within` seconds; it is dead after each of them.
        """
        try:
            async with asyncio.timeout(within):
                said = await self._said.read()
        except TimeoutError:
            await self.kill()
            raise StrategyBroke(
                f"the strategy did not answer for {within:g} s", reason="STRATEGY_TIMED_OUT"
            ) from None
        except PipeClosed as error:
            await self._last_breath()
            raise self._ended("") from error
        except BadFrame as error:
            await self.kill()
            raise self._ended(f": {error}") from error
        if isinstance(said, Broke):
            await self.kill()
            raise StrategyBroke(said.message, reason=said.reason, line=str(said.line))
        return said

    async def kill(self) -> None:
        """Ends it and whatever it has started; returns when it is gone. Harmless twice."""
        if self._child.returncode is None:
            # Not Process.kill(): it may reap the child itself, and the exit code is lost then.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self._input.close()
        await self._child.wait()
        self._child._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 - pipes too
        # Somebody it started may hold its standard error open: what it prints is nobody's business.
        self._listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._listening

    async def _last_breath(self) -> None:
        """The pipe is closed: let it exit by itself, so that we learn how, and hear its words."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self._child.wait()
                await asyncio.shield(self._listening)
        await self.kill()

    def _ended(self, why: str) -> StrategyBroke:
        code = self._child.returncode
        how = f"by signal {-code}" if code is not None and code < 0 else f"with code {code}"
        last = f"; its last words: {self._printed[-1]}" if self._printed else ""
        return StrategyBroke(
            f"the strategy's process ended {how}{why}{last}", reason="STRATEGY_PROCESS_ENDED"
        )

    async def _listen(self, stream: asyncio.StreamReader, log: Log) -> None:
        allowance = _Allowance(LINES_PER_SECOND)
        async for line in _lines(stream):
            self._printed.append(line)
            if allowance.take():
                log(line)


class _Allowance:
    """So many in a second; those beyond are dropped."""

    def __init__(self, a_second: int) -> None:
        self._a_second = a_second
        self._left = a_second
        self._since = 0.0

    def take(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._since >= 1.0:
            self._since, self._left = now, self._a_second
        self._left -= 1
        return self._left >= 0


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """Lines as text, each cut to a bearable length, however long it was."""
    rest = b""
    while data := await stream.read(64 * 1024):
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            yield line[:MAX_LINE].decode(errors="replace")
        rest = rest[:MAX_LINE]
    if rest:
        yield rest.decode(errors="replace")


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
