"""Starts each contestant in an interpreter of its own and sums its figures up."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "tests" / "benchmarks" / "peers"


@dataclass(frozen=True)
class Contestant:
    """A script that prints one JSON line; `environment` is "" for our own interpreter."""

    name: str
    script: Path
    environment: str = ""

    @property
    def interpreter(self) -> Path:
        """The Python that runs it."""
        if not self.environment:
            return Path(sys.executable)
        return ROOT / ".venvs" / self.environment / "bin" / "python"


@dataclass(frozen=True)
class Figures:
    """CPU seconds of the run alone, and what it did in them."""

    seconds: float
    count: int
    orders: int
    final_equity: float
    rss_mb: int

    @property
    def rate(self) -> float:
        """Bars, orders or quotes a CPU second."""
        return self.count / self.seconds


def prepare(contestant: Contestant) -> None:
    """Make the environment of a peer from its lock if it is missing."""
    if not contestant.interpreter.exists():
        stamp = f".venvs/{contestant.environment}/.ready"
        subprocess.run(["make", "--no-print-directory", "-C", str(ROOT), stamp], check=True)


def measure(contestant: Contestant, work: str, bars: Path) -> Figures:
    """One run. Raises CalledProcessError with the contestant's own words when it fails."""
    done = subprocess.run(
        [str(contestant.interpreter), str(contestant.script), work, str(bars)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )
    if done.returncode:
        sys.stderr.write(done.stderr)
        done.check_returncode()
    return Figures(**json.loads(done.stdout.splitlines()[-1]))


def medians(runs: Sequence[Figures]) -> Figures:
    """The run with the median CPU time, its memory the worst of all."""
    middle = median(one.seconds for one in runs)
    chosen = min(runs, key=lambda one: abs(one.seconds - middle))
    worst = max(one.rss_mb for one in runs)
    return Figures(middle, chosen.count, chosen.orders, chosen.final_equity, worst)
