"""No worker outlives its host, however the host ends."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.worker_process.processes import WorkerProcesses
from domain.errors import InvalidRequest

ROOT = Path(__file__).resolve().parents[3]

HOST = """
import asyncio, sys
from adapters.worker_process.processes import WorkerProcesses
from ports.strategy_process import StrategyCode
from tests.houses import AAPL
from tests.strategy_sources import HOLDS

async def main():
    run = await WorkerProcesses(5).start("run", StrategyCode("s", HOLDS, "", {}), [AAPL])
    print(run.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_killed_host_leaves_no_worker_behind() -> None:
    host = subprocess.Popen(
        [sys.executable, "-c", HOST], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    try:
        assert host.stdout is not None
        worker = int(host.stdout.readline())
        os.kill(worker, 0)
        # A pipe that ends when the worker does: nothing to poll for.
        gone = os.pidfd_open(worker) if hasattr(os, "pidfd_open") else None
        host.send_signal(signal.SIGKILL)
        host.wait(10)
        if gone is not None:
            assert select.select([gone], [], [], 10)[0], "the worker is still there"
            os.close(gone)
    finally:
        host.kill()
        host.stdout.close()  # type: ignore[union-attr]
        host.wait(10)


LEAVES_A_CHILD = """
import os, sys
child = os.fork()
if not child:
    os.execvp("sleep", ["sleep", "300"])
print("child", child, file=sys.stderr, flush=True)
os._exit(3)
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="no pidfd here")
async def test_what_a_strategy_leaves_behind_ends_with_it() -> None:
    with pytest.raises(InvalidRequest, match=r"child [0-9]+") as refused:
        await WorkerProcesses(10).inspect(LEAVES_A_CHILD, "")
    child = int(str(refused.value).rpartition("child ")[2].split()[0].rstrip(")"))
    assert has_ended(child)


def has_ended(pid: int) -> bool:
    """Whether the process ends within ten seconds; the kernel tells, nothing to poll for."""
    try:
        gone = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended = bool(select.select([gone], [], [], 10)[0])
    os.close(gone)
    return ended
