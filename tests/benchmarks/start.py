"""How soon the platform is ready, the command line answers and our packages are imported."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.benchmarks.measure import ROOT
from tests.benchmarks.memory import held_mb

TRADEMESH = Path(sys.executable).with_name("trademesh")
IMPORTS = ("domain", "domain.backtests", "apps.cli.main", "apps.server", "apps.containers.platform")
NOWHERE: Mapping[str, str] = {}
SETTLED_SECONDS = 2.0  # until what a start leaves behind is done


@dataclass(frozen=True)
class Taken:
    """Seconds of one start, by the wall and of the processor, and megabytes where they count."""

    wall: float
    cpu: float
    mb: Sequence[int] = ()


def run(*, rounds: int) -> None:
    """Measure, and print a table of medians."""
    console = Console(width=132)
    shown = Table(title=f"medians of {rounds} starts, each in a process of its own")
    for name in ("what starts", "wall ms", "CPU ms", "memory at rest"):
        shown.add_column(name, justify="left" if name == "what starts" else "right")
    for name, starts in measure_starts(rounds).items():
        wall, cpu = median(one.wall for one in starts), median(one.cpu for one in starts)
        memory = " + ".join(f"{mb} MB" for mb in starts[-1].mb)
        shown.add_row(name, f"{wall * 1e3:,.0f}", f"{cpu * 1e3:,.0f}", memory)
    console.print(shown)


def measure_starts(rounds: int) -> dict[str, list[Taken]]:
    """By what was started, in an order that a table may keep."""
    found: dict[str, list[Taken]] = {}
    for _ in range(rounds):
        for name in IMPORTS:
            found.setdefault(f"import {name}", []).append(importing(name))
        for arguments in (("--help",), ("version",), ("explain", "order")):
            name = " ".join(("trademesh", *arguments))
            found.setdefault(name, []).append(command(*arguments))
        with tempfile.TemporaryDirectory(prefix="tm-") as folder:
            for name in ("trademesh up, a new folder", "trademesh up, the same again"):
                where = {"TRADEMESH_DATA_DIR": folder, "TRADEMESH_PORT": str(free_port())}
                with platform(where) as taken:
                    found.setdefault(name, []).append(taken)
                    status = command("status", "-o", "json", where=where)
                    found.setdefault("trademesh status", []).append(status)
    return found


def importing(name: str) -> Taken:
    """Inside a new interpreter, its own start left out."""
    code = (
        "import time; wall, cpu = time.perf_counter(), time.process_time()\n"
        f"import {name}\n"
        "print(time.perf_counter() - wall, time.process_time() - cpu)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return Taken(*map(float, told.split()))


def command(*arguments: str, where: Mapping[str, str] = NOWHERE) -> Taken:
    """One command of the command line, from its start to its end. Raises when it fails."""
    environment = {**os.environ, **where}
    start = time.perf_counter()
    process = subprocess.Popen(
        [TRADEMESH, *arguments], env=environment, stdout=subprocess.DEVNULL, cwd=ROOT
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments)
    return Taken(time.perf_counter() - start, used.ru_utime + used.ru_stime)


@contextmanager
def platform(where: Mapping[str, str]) -> Iterator[Taken]:
    """The platform without its demo, ready; gone afterwards."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [TRADEMESH, "up", "--headless", "--no-demo"],
        env={**os.environ, **where}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        try:
            assert json.loads(process.stdout.readline())["ready"]
            wall, cpu = time.perf_counter() - start, cpu_of(process.pid)
            time.sleep(SETTLED_SECONDS)
            yield Taken(wall, cpu, held_mb(process.pid))
        finally:
            process.send_signal(signal.SIGTERM)


def cpu_of(pid: int) -> float:
    """CPU seconds of a process so far, without its children. 0 where there is no /proc."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
