"""What a worker gives up before it touches an author's code."""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from typing import BinaryIO

GIB = 1024**3

_PR_SET_PDEATHSIG = 1


def take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the host, for us alone.

    After this, whatever an author's code prints goes to the log, and it reads an empty input.
    """
    reading = os.fdopen(os.dup(0), "rb")
    writing = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return reading, writing


def die_with(parent: int) -> None:
    """End when the host ends, however it ends; elsewhere than on Linux the closed pipe tells."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def set_limits(memory: int) -> None:
    """Modest bounds; where the system knows one of them not, it is left out."""
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_FSIZE: memory,
    }
    for what, most in limits.items():
        _, hard = resource.getrlimit(what)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (bound, bound))
