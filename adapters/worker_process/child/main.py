"""How a worker lives: behind its walls it takes one task from its pipe and serves it to the end."""

import contextlib
import os
import sys
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from adapters.worker_process.child import spare
from adapters.worker_process.child.pipes import take_pipes
from adapters.worker_process.frames import PipeClosed, frame
from adapters.worker_process.messages import Walled
from adapters.worker_process.walls.build import build
from adapters.worker_process.walls.privileges import die_with
from adapters.worker_process.walls.wall import Plan

ARGUMENTS = 3  # that every worker is given: process id of the host, user to become, memory

Say = Callable[[object], None]
WallIn = Callable[[Plan], None]
"""Builds the walls and tells the host. Once, and before anybody else's code or file is touched."""


class Given(NamedTuple):
    """What the host decides: `user` is 0 where a worker stays who it is, `memory` in bytes."""

    host: int
    user: int
    memory: int


def given() -> Given:
    """The arguments of every worker."""
    return Given(*map(int, sys.argv[1 : ARGUMENTS + 1]))


def live(serve: Callable[[BinaryIO, Say, WallIn], None]) -> None:
    """Serves one task and ends the process."""
    reading, writing = take_pipes()
    host = given().host
    die_with(host)

    def say(message: object) -> None:
        writing.write(frame(message))
        writing.flush()

    def wall_in(plan: Plan) -> None:
        say(Walled(build(plan, host)))
        spare.set_aside()

    with contextlib.suppress(PipeClosed, BrokenPipeError):  # the host has gone: so do we
        serve(reading, say, wall_in)
    # Threads that an author's code may have left behind keep nobody waiting.
    sys.stderr.flush()
    os._exit(0)
