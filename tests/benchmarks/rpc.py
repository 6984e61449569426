"""What our server costs a call, beside gRPC alone around the same servicer."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

from tests.benchmarks.measure import ROOT

KINDS = ("bare", "ours")
CALLS = 1_000  # a turn
TOGETHER = 8
TURNS = 8  # a round


@dataclass
class Contender:
    """A server and its client, each in a process of its own."""

    kind: str
    server: subprocess.Popen[str]
    client: subprocess.Popen[str]
    cpu: list[float] = field(default_factory=list)  # seconds a call, of each turn
    rate: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)

    def turn(self, *, counts: bool = True) -> None:
        """So many calls; the CPU time is that of the server."""
        before = float(ask(self.server, ""))
        told = json.loads(ask(self.client, f"{CALLS} {TOGETHER}"))
        used = float(ask(self.server, "")) - before
        if counts:
            self.cpu.append(used / CALLS)
            self.rate.append(CALLS / told["wall"])
            self.taken += told["taken"]


@dataclass(frozen=True)
class RpcFigures:
    """Medians over all turns, `ratio` of those of a turn and its neighbour."""

    contenders: Sequence[Contender]

    @property
    def ratio(self) -> float:
        """CPU of a call to gRPC alone over that of one to us: 1 is for nothing."""
        bare, ours = (contender.cpu for contender in self.contenders)
        return median(one / other for one, other in zip(bare, ours, strict=True))


def run(*, rounds: int) -> None:
    """Measure, and print a table."""
    figures = measure_rpc(rounds)
    console = Console(width=132)
    console.print(table(figures))
    console.print(f"CPU a call: bare is {figures.ratio:.2f} of ours, the median of neighbours")


def measure_rpc(rounds: int) -> RpcFigures:
    """The two in turns, so that a slow phase of the machine hits both alike."""
    with tempfile.TemporaryDirectory(prefix="tm-") as folder, ExitStack() as stack:
        contenders = [stack.enter_context(started(kind, Path(folder))) for kind in KINDS]
        for contender in contenders:
            contender.turn(counts=False)  # warm
        for _ in range(rounds * TURNS):
            for contender in contenders:
                contender.turn()
        return RpcFigures(contenders)


@contextmanager
def started(kind: str, folder: Path) -> Iterator[Contender]:
    """A server of that kind and a client of it."""
    address = f"unix:{folder}/{kind}"
    with process("rpc_server", kind, address) as server:
        token = answer(server)
        with process("rpc_client", address, token) as client:
            yield Contender(kind, server, client)


@contextmanager
def process(name: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """One that ends when its input does."""
    command = [sys.executable, "-m", f"tests.benchmarks.{name}", *arguments]
    started = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with started:
        yield started
        assert started.stdin is not None
        started.stdin.close()


def ask(process: subprocess.Popen[str], line: str) -> str:
    """Its answer to a line."""
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return answer(process)


def answer(process: subprocess.Popen[str]) -> str:
    """The next line it prints. Raises RuntimeError when it has ended instead."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        raise RuntimeError("a process of the benchmark has ended")
    return line


def table(figures: RpcFigures) -> Table:
    """Both, side by side."""
    shown = Table(title=f"unary calls, {TOGETHER} at a time, client in a process of its own")
    for name in ("server", "CPU µs a call", "calls/s", "p50 ms", "p99 ms"):
        shown.add_column(name, justify="left" if name == "server" else "right")
    for one in figures.contenders:
        cuts = quantiles(one.taken, n=100)
        shown.add_row(
            one.kind,
            f"{median(one.cpu) * 1e6:.1f}",
            f"{median(one.rate):,.0f}",
            f"{cuts[49] * 1e3:.2f}",
            f"{cuts[98] * 1e3:.2f}",
        )
    return shown
