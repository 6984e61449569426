"""Runs a benchmark by name."""

import argparse

from tests.benchmarks import engine

BENCHMARKS = {"engine": engine}


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("benchmark", nargs="?", choices=sorted(BENCHMARKS), default="engine")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--bars", default="100000,1000000", help="sizes, separated by commas")
    parser.add_argument("--peers", default=None, help="peers, separated by commas (default all)")
    arguments = parser.parse_args()
    BENCHMARKS[arguments.benchmark].run(
        sizes=[int(size) for size in arguments.bars.split(",")],
        rounds=arguments.rounds,
        peers=None if arguments.peers is None else [p for p in arguments.peers.split(",") if p],
    )


if __name__ == "__main__":
    main()
