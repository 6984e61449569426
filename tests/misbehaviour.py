"""Strategies that misbehave in seven ways, and a neighbour who must not notice."""

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager
from time import perf_counter

from adapters.worker_process.processes import RunProcess, WorkerProcesses
from domain.instruments import Instrument
from domain.market_data.bar import Bar
from ports.run_store import RunInput
from ports.strategy_process import (
    Inspection,
    Reply,
    StrategyBroke,
    StrategyCode,
    StrategyProcess,
    StrategyProcesses,
)
from tests.houses import AAPL
from tests.strategy_sources import HEAD

RAISED, TIMED_OUT, ENDED = "STRATEGY_RAISED", "STRATEGY_TIMED_OUT", "STRATEGY_PROCESS_ENDED"
OUT_OF_MEMORY, FLOODED = "STRATEGY_OUT_OF_MEMORY", "STRATEGY_FLOODED"
PACE = 0.01  # seconds between an answer and the neighbour's next bar
FINISHED = ""  # it did no harm, and so the run came to its end

# What each does in one bar, and what its run may end with.
KINDS: dict[str, dict[str, set[str]]] = {
    "raise": {
        "1 / 0": {RAISED},
        "raise KeyboardInterrupt": {RAISED},
        "import sys; sys.exit(0)": {RAISED},
        "import os; os._exit(0)": {ENDED},
        "import os; os.abort()": {ENDED},
        "import ctypes; ctypes.string_at(0)": {ENDED},
    },
    "loop": {
        "while True: pass": {TIMED_OUT},
        "sum(__import__('itertools').repeat(1))": {TIMED_OUT},
        "import re; re.match('(a+)+$', 'a' * 60 + 'b')": {TIMED_OUT},
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass": {TIMED_OUT},
        "import signal\nfor n in range(1, 32):\n  try: signal.signal(n, signal.SIG_IGN)\n"
        "  except OSError: pass\nwhile True: pass": {TIMED_OUT},
    },
    "allocate": {
        "self.hoard = bytearray(3 * 1024**3)": {OUT_OF_MEMORY},
        "self.hoard = []\nwhile True: self.hoard.append(bytes(1_000_000))": {OUT_OF_MEMORY},
        "import numpy; self.hoard = [numpy.ones(10**7) for _ in range(100)]": {
            OUT_OF_MEMORY,
            TIMED_OUT,
        },
        "self.hoard = []\nwhile True: self.hoard.append([0] * 1000)": {OUT_OF_MEMORY, TIMED_OUT},
        "import mmap; self.hoard = mmap.mmap(-1, 4 * 1024**3)": {RAISED},
    },
    "flood": {
        "for _ in range(1_001): ctx.buy(self.instrument_id, 1)": {FLOODED},
        "for _ in range(100_000): ctx.buy(self.instrument_id, 1)": {FLOODED},
        "for _ in range(100_000): ctx.log('x' * 1000)": {FLOODED},
        "while True: ctx.buy(self.instrument_id, 1)": {TIMED_OUT, OUT_OF_MEMORY},
        "import os\nwhile True:\n  for fd in range(3, 9):\n    try: os.write(fd, b'\\0' * 65536)\n"
        "    except OSError: pass": {ENDED, TIMED_OUT},
    },
    "recurse": {
        "def f(): f()\nf()": {RAISED},
        "import sys; sys.setrecursionlimit(10**9)\ndef f(): f()\nf()": {
            OUT_OF_MEMORY,
            TIMED_OUT,
            ENDED,
            RAISED,
        },
        "class A:\n  def __repr__(self): return repr(self)\nrepr(A())": {RAISED, ENDED},
        "import json, sys\nsys.setrecursionlimit(10**9)\nx = []\n"
        "for _ in range(10**6): x = [x]\njson.dumps(x)": {ENDED, RAISED, OUT_OF_MEMORY, TIMED_OUT},
    },
    "print": {
        "while True: print('x' * 1000)": {TIMED_OUT},
        "for _ in range(3_000): print('x' * 1_000_000)": {TIMED_OUT, FINISHED},
        "import sys\nwhile True: sys.stderr.write('x')": {TIMED_OUT},
        "import os\nwhile True: os.write(2, b'x' * 65536)": {RAISED},
        "import os\nwhile True:\n  try: os.write(1, b'x' * 65536)\n  except OSError: pass": {
            TIMED_OUT
        },
    },
    "fork": {
        "import os\nwhile True: os.fork()": {RAISED},
        "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass": {TIMED_OUT},
        "import subprocess\nsubprocess.Popen(['/bin/sh', '-c', ':(){ :|:& };:'])": {RAISED},
        "import multiprocessing\nmultiprocessing.Process(target=print).start()": {RAISED},
        "import threading, time\nthreading.stack_size(65536)\n"
        "while True: threading.Thread(target=time.sleep, args=(99,)).start()": {RAISED},
    },
}

COUNTS = (
    HEAD
    + '''
@dataclass
class Counts(Strategy):
    """Says which bars it has heard."""
    instrument_id: str

    def on_start(self, ctx: Context) -> None:
        self.heard = 0

    def on_bar(self, bar: Bar, ctx: Context) -> None:
        self.heard += 1
        ctx.log(f"{self.heard} {int(bar.close)}")
'''
)


class Neighbour:
    """An honest run that hears a bar a hundred times a second, whatever happens beside it."""

    def __init__(self, process: StrategyProcess) -> None:
        self.heard = 0
        self.slowest = 0.0  # seconds
        self._process = process

    async def hear(self) -> None:
        """For ever. Raises when it answers anything but what it was told."""
        while True:
            number = self.heard + 1
            bar = Bar(AAPL.instrument_id, number + 1, number, 1.0, 9e9, 0.5, float(number), 1.0)
            began = perf_counter()
            [reply] = await self._process.tell([RunInput(number + 1, bar.ts, 0, (), bar)])
            took = perf_counter() - began
            assert [text for _, text in reply.lines] == [f"{number} {number}"]
            self.heard, self.slowest = number, max(self.slowest, took)
            await asyncio.sleep(PACE)


@asynccontextmanager
async def a_neighbour():
    """One at work; leaves with its failure, if it had one."""
    code = StrategyCode("counts", COUNTS, "", {})
    process = await WorkerProcesses(5).start("neighbour", code, [AAPL])
    try:
        await process.tell([RunInput(1, 1, 0, ())])
        neighbour = Neighbour(process)
        hearing = asyncio.create_task(neighbour.hear())
        try:
            yield neighbour
            assert not hearing.done(), hearing.exception()
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
    finally:
        await process.kill()


class Timed(StrategyProcesses):
    """Real processes, which tell how long the last handler took that broke."""

    def __init__(self, timeout: float) -> None:
        self._processes = WorkerProcesses(timeout)
        self.broke_after = 0.0  # seconds
        self.pids: list[int] = []

    async def inspect(self, source: str, class_name: str) -> Inspection:
        return await self._processes.inspect(source, class_name)

    async def start(
        self, run_id: str, code: StrategyCode, instruments: Sequence[Instrument]
    ) -> StrategyProcess:
        process = await self._processes.start(run_id, code, instruments)
        assert isinstance(process, RunProcess)
        self.pids.append(process.pid)
        return _TimedProcess(process, self)


class _TimedProcess(StrategyProcess):
    def __init__(self, process: RunProcess, timed: Timed) -> None:
        self._process = process
        self._timed = timed

    async def know(self, instruments: Sequence[Instrument]) -> None:
        await self._process.know(instruments)

    async def tell(self, inputs: Sequence[RunInput]) -> Sequence[Reply]:
        began = perf_counter()
        try:
            return await self._process.tell(inputs)
        except StrategyBroke:
            self._timed.broke_after = perf_counter() - began
            raise

    async def finish(self) -> Reply:
        return await self._process.finish()

    async def kill(self) -> None:
        await self._process.kill()
