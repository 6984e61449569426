"""The worker: takes one task from its pipe and serves it to the end."""

import contextlib
import os
import sys
from collections.abc import Callable
from typing import BinaryIO

from adapters.worker_process.child.backtesting import BarsOf, WriteResults, do_backtest
from adapters.worker_process.child.inspecting import do_inspect
from adapters.worker_process.child.running import be_run
from adapters.worker_process.child.walls import die_with, set_limits, take_pipes
from adapters.worker_process.frames import FrameReader, PipeClosed, frame
from adapters.worker_process.messages import Backtest, Inspect, Run, Said, Task, Told


def main(bars_of: BarsOf, write_results: WriteResults) -> None:
    """Serves one task. `bars_of` and `write_results` are how a backtest reads and writes."""
    reading, writing = take_pipes()
    die_with(int(sys.argv[1]))
    set_limits()
    with contextlib.suppress(PipeClosed, BrokenPipeError):  # the host has gone: so do we
        _serve(reading, _sayer(writing), bars_of, write_results)
    # Threads that an author's code may have left behind keep nobody waiting.
    sys.stderr.flush()
    os._exit(0)


def _serve(
    reading: BinaryIO, say: Callable[[Said], None], bars_of: BarsOf, write_results: WriteResults
) -> None:
    task: Task = FrameReader[Task](reading, Task).read()
    match task:
        case Inspect():
            say(do_inspect(task))
        case Run():
            be_run(task, FrameReader[Told](reading, Told).read, say)
        case Backtest():
            do_backtest(task.job, say, bars_of, write_results)


def _sayer(writing: BinaryIO) -> Callable[[Said], None]:
    def say(message: Said) -> None:
        writing.write(frame(message))
        writing.flush()

    return say
