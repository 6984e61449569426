"""How a worker lives: behind its walls it takes one task from its pipe and serves it to the end."""

import contextlib
import os
import sys
from collections.abc import Callable
from typing import BinaryIO

from adapters.worker_process.child.walls import die_with, set_limits, take_pipes
from adapters.worker_process.frames import PipeClosed, frame

Say = Callable[[object], None]


def live(serve: Callable[[BinaryIO, Say], None], *, memory: int) -> None:
    """Serves one task and ends the process. Its first argument is the host's process id.

    `memory` is how many bytes it may use.
    """
    reading, writing = take_pipes()
    die_with(int(sys.argv[1]))
    set_limits(memory)

    def say(message: object) -> None:
        writing.write(frame(message))
        writing.flush()

    with contextlib.suppress(PipeClosed, BrokenPipeError):  # the host has gone: so do we
        serve(reading, say)
    # Threads that an author's code may have left behind keep nobody waiting.
    sys.stderr.flush()
    os._exit(0)
