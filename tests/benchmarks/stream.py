"""Streams of quotes through our server against bare grpc.aio servers, interleaved."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.benchmarks.measure import ROOT

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


def run(*, rounds: int, batches: Sequence[int] = BATCHES) -> None:
    """Measure everything and print a table of medians.

    Each server has a process of its own, and the client another that parses every message. What is
    timed is the wall time from the call to the end of the last stream.
    """
    console, runs = Console(width=120), dict[Key, list[float]]()
    plan = [
        (subscribers, batch, server)
        for subscribers in SUBSCRIBERS
        for batch in batches
        for server in SERVERS
    ]
    for subscribers in SUBSCRIBERS:
        with ExitStack() as stack:
            count = QUOTES // subscribers
            ports = {name: stack.enter_context(serving(name, count)) for name in SERVERS}
            for number in range(1, rounds + 1):
                for key in plan:
                    if key[0] == subscribers:
                        console.print(f"round {number}/{rounds}: {key}", end="\r")
                        rate = measured(ports[key[2]], key[1], subscribers, count)
                        runs.setdefault(key, []).append(rate)
    console.print(_table({key: median(rates) for key, rates in runs.items()}))


@contextmanager
def serving(name: str, count: int) -> Iterator[int]:
    """The port of a server process that ends with the block."""
    module = "tests.benchmarks.stream_server"
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-m", module, name, folder, str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        ) as server,
    ):
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()


def measured(port: int, batch: int, subscribers: int, count: int) -> float:
    """Quotes a second, all subscribers together."""
    module = "tests.benchmarks.stream_client"
    told = subprocess.run(
        [sys.executable, "-m", module, str(port), str(batch), str(subscribers)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    figures = json.loads(told)
    assert figures["quotes"] >= count * subscribers
    return float(figures["quotes"] / figures["seconds"])


def _table(rates: dict[Key, float]) -> Table:
    shown = Table(title="quotes/s to all subscribers together, medians of wall time")
    for name in ("subscribers", "batch", *(TITLES[server] for server in SERVERS)):
        shown.add_column(name, justify="right")
    for subscribers, batch in dict.fromkeys(key[:2] for key in rates):
        row = [rates[subscribers, batch, server] for server in SERVERS]
        shown.add_row(str(subscribers), str(batch), *(f"{rate:,.0f}" for rate in row))
    return shown
