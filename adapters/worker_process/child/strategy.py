"""The main of a strategy's worker: `python -m adapters.worker_process.child.strategy …`."""

from typing import BinaryIO

from adapters.worker_process.child.inspecting import do_inspect
from adapters.worker_process.child.main import Say, WallIn, given, live
from adapters.worker_process.child.running import be_run
from adapters.worker_process.frames import FrameReader
from adapters.worker_process.messages import Inspect, Task, Told
from adapters.worker_process.walls.wall import Plan


def serve(reading: BinaryIO, say: Say, wall_in: WallIn) -> None:
    """Looks into one source, or is one run."""
    task: Task = FrameReader[Task](reading, Task).read()
    wall_in(Plan(given().memory, given().user))
    if isinstance(task, Inspect):
        say(do_inspect(task))
    else:
        be_run(task, FrameReader[Told](reading, Told).read, say)


if __name__ == "__main__":
    live(serve)
