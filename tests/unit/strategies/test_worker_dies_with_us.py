"""No worker outlives its host, however the host ends."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

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
        worker = next(int(line) for line in host.stdout if line.strip().isdigit())
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
