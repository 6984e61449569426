"""The backtest engine against the peers, on the same bars, interleaved."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.bars import synthetic_bars, write_bars
from tests.benchmarks.measure import PEERS, ROOT, Contestant, Figures, measure, medians, prepare

OURS = Contestant("trademesh", ROOT / "tests" / "benchmarks" / "ours.py")
RIVALS = (
    Contestant("backtesting.py", PEERS / "backtesting_py.py", "backtesting"),
    Contestant("backtrader", PEERS / "backtrader_peer.py", "backtrader"),
    Contestant("NautilusTrader", PEERS / "nautilus_peer.py", "nautilus"),
)
WORK = {
    "cross": ("SMA cross with real orders", "bars/s"),
    "every": ("one market order every bar", "orders/s"),
    "quotes": ("quotes with an EMA cross", "quotes/s"),
}
TAKES_PART = {
    "cross": ("trademesh", "backtesting.py", "backtrader", "NautilusTrader"),
    "every": ("trademesh", "backtesting.py"),  # the others need minutes
    "quotes": ("trademesh", "NautilusTrader"),  # the others have none
}
Key = tuple[str, int, str]  # work, size, contestant


def run(
    *,
    sizes: Sequence[int],
    rounds: int,
    work: Sequence[str] | None,
    peers: Sequence[str] | None,
) -> None:
    """Measure everything and print a table of medians.

    Each run has an interpreter of its own; what is timed is the CPU time of the process while it
    runs the backtest, not importing and not loading. Rounds are interleaved, so that a slow phase
    of the machine hits all alike.
    """
    contestants = [OURS, *(one for one in RIVALS if peers is None or one.environment in peers)]
    for contestant in contestants:
        prepare(contestant)
    console = Console(width=132)
    runs: dict[Key, list[Figures]] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = {size: Path(folder) / f"{size}.bars" for size in sizes}
        for size, path in files.items():
            write_bars(path, synthetic_bars(size))
        plan = [
            (name, size, contestant)
            for size in sizes
            for name in (work or WORK)
            for contestant in contestants
            if contestant.name in TAKES_PART[name]
        ]
        for number in range(1, rounds + 1):
            for name, size, contestant in plan:
                console.print(
                    f"round {number}/{rounds}: {name} {size:,} {contestant.name}", end="\r"
                )
                figures = measure(contestant, name, files[size])
                runs.setdefault((name, size, contestant.name), []).append(figures)
    console.print(table({key: medians(some) for key, some in runs.items()}))


def table(figures: dict[Key, Figures]) -> Table:
    """The medians, each beside how many times faster we are."""
    shown = Table(title="medians of CPU time, each run in its own interpreter")
    for name in (
        "work",
        "size",
        "engine",
        "CPU s",
        "rate",
        "we are",
        "orders",
        "final equity",
        "RSS",
    ):
        shown.add_column(name, justify="left" if name in ("work", "engine") else "right")
    for (work, size, name), one in figures.items():
        title, unit = WORK[work]
        ratio = figures[work, size, OURS.name].rate / one.rate
        shown.add_row(
            title, f"{size:,}", name, f"{one.seconds:.2f}", f"{one.rate:,.0f} {unit}",
            "" if name == OURS.name else f"{ratio:.1f}x", f"{one.orders:,}",
            f"{one.final_equity:,.2f}", f"{one.rss_mb} MB",
        )  # fmt: skip
    return shown
