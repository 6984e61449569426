"""Streams of quotes through our server against bare grpc.aio servers, interleaved."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.benchmarks.measure import ROOT
from tests.benchmarks.rpc import answer, ask, process

SERVERS = ("trademesh", "prebuilt", "built")
TITLES = {
    "trademesh": "trademesh, from its files",
    "prebuilt": "bare, one message over and over",
    "built": "bare, built field by field",
}
BATCHES = (64, 256, 1024)
SUBSCRIBERS = (1, 10)
QUOTES = 2_000_000  # kept; ten subscribers hear a tenth of it each
Key = tuple[int, int, str]  # subscribers, batch, server


@dataclass(frozen=True)
class Heard:
    """What one client heard of all its streams."""

    quotes: int
    seconds: float
    cpu: float
    """Seconds of the server."""

    @property
    def rate(self) -> float:
        """Quotes a second, all subscribers together."""
        return self.quotes / self.seconds

    @property
    def cost(self) -> float:
        """CPU time of the server, microseconds a quote."""
        return self.cpu / self.quotes * 1e6


@dataclass(frozen=True)
class Serving:
    """A server process."""

    server: subprocess.Popen[str]
    port: int

    def heard(self, batch: int, subscribers: int) -> Heard:
        """What a client process hears that parses every message, from call to end."""
        client = [sys.executable, "-m", "tests.benchmarks.stream_client"]
        before = float(ask(self.server, ""))
        told = subprocess.run(
            [*client, str(self.port), str(batch), str(subscribers)],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        ).stdout
        used = float(ask(self.server, "")) - before
        figures = json.loads(told)
        return Heard(figures["quotes"], figures["seconds"], used)


@contextmanager
def serving(name: str, count: int) -> Iterator[Serving]:
    """A server of that name with so many quotes; it ends with the block."""
    with (
        tempfile.TemporaryDirectory(prefix="tm-") as folder,
        process("stream_server", name, folder, str(count)) as server,
    ):
        yield Serving(server, int(answer(server)))


def run(*, rounds: int, batches: Sequence[int] = BATCHES) -> None:
    """Measure everything and print a table of medians."""
    console, runs = Console(width=132), dict[Key, list[Heard]]()
    for subscribers in SUBSCRIBERS:
        with ExitStack() as stack:
            count = QUOTES // subscribers
            servers = {name: stack.enter_context(serving(name, count)) for name in SERVERS}
            for number in range(1, rounds + 1):
                for batch in batches:
                    for name, server in servers.items():
                        console.print(
                            f"round {number}/{rounds}: {name} {batch} to {subscribers} ", end="\r"
                        )
                        heard = server.heard(batch, subscribers)
                        assert heard.quotes >= count * subscribers
                        runs.setdefault((subscribers, batch, name), []).append(heard)
    console.print(table(runs))


def table(runs: dict[Key, list[Heard]]) -> Table:
    """Quotes a second, and what one costs its server."""
    shown = Table(
        title="quotes/s to all subscribers together (CPU of the server in µs a quote), medians"
    )
    for name in ("subscribers", "batch", *TITLES.values()):
        shown.add_column(name, justify="right")
    for subscribers, batch in dict.fromkeys(key[:2] for key in runs):
        cells = []
        for name in SERVERS:
            some = runs[subscribers, batch, name]
            rate, cost = median(one.rate for one in some), median(one.cost for one in some)
            cells.append(f"{rate:,.0f} ({cost:.2f})")
        shown.add_row(str(subscribers), str(batch), *cells)
    return shown
