"""Runs a benchmark by name."""

import argparse

from tests.benchmarks import engine, intent, rpc, start, stream


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    kinds = ("engine", "intent", "rpc", "start", "stream")
    parser.add_argument("benchmark", nargs="?", choices=kinds, default="engine")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default 3)")
    of_engine = parser.add_argument_group("of the engine alone")
    of_engine.add_argument("--bars", default="100000,1000000", help="sizes, separated by commas")
    of_engine.add_argument("--work", default=None, help="cross, every, quotes (default all)")
    of_engine.add_argument("--peers", default=None, help="separated by commas (default all)")
    arguments = parser.parse_args()
    match arguments.benchmark:
        case "intent":
            intent.run(rounds=arguments.rounds)
        case "rpc":
            rpc.run(rounds=arguments.rounds)
        case "start":
            start.run(rounds=arguments.rounds)
        case "stream":
            stream.run(rounds=arguments.rounds)
        case _:
            engine.run(
                sizes=[int(size) for size in arguments.bars.split(",")],
                rounds=arguments.rounds,
                work=listed(arguments.work),
                peers=listed(arguments.peers),
            )


def listed(text: str | None) -> list[str] | None:
    """What is separated by commas; None where nothing was said."""
    return None if text is None else [part for part in text.split(",") if part]


if __name__ == "__main__":
    main()
