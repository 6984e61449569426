"""The main of a strategy's worker: `python -m adapters.worker_process.child.strategy <host>`."""

from typing import BinaryIO

from adapters.worker_process.child.inspecting import do_inspect
from adapters.worker_process.child.main import Say, live
from adapters.worker_process.child.running import be_run
from adapters.worker_process.child.walls import GIB
from adapters.worker_process.frames import FrameReader
from adapters.worker_process.messages import Inspect, Task, Told


def serve(reading: BinaryIO, say: Say) -> None:
    """Looks into one source, or is one run."""
    task: Task = FrameReader[Task](reading, Task).read()
    if isinstance(task, Inspect):
        say(do_inspect(task))
    else:
        be_run(task, FrameReader[Told](reading, Told).read, say)


if __name__ == "__main__":
    live(serve, memory=2 * GIB)
