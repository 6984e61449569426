"""Runs a benchmark by name."""

import argparse

from tests.benchmarks import engine

BENCHMARKS = {"engine": engine}


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("benchmark", nargs="?", choices=sorted(BENCHMARKS), default="engine")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default 3)")
    parser.add_argument("--bars", default="100000,1000000", help="sizes, separated by commas")
    parser.add_argument("--work", default=None, help="cross, every, quotes (default all)")
    parser.add_argument("--peers", default=None, help="peers, separated by commas (default all)")
    arguments = parser.parse_args()
    BENCHMARKS[arguments.benchmark].run(
        sizes=[int(size) for size in arguments.bars.split(",")],
        rounds=arguments.rounds,
        work=None if arguments.work is None else arguments.work.split(","),
        peers=None if arguments.peers is None else [p for p in arguments.peers.split(",") if p],
    )


if __name__ == "__main__":
    main()
