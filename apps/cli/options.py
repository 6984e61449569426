"""Options that several commands share, in the same words everywhere."""

from typing import Annotated

import typer

from apps.cli.failure import usage
from apps.cli.strategy_source import STRATEGY_HELP

Strategy = Annotated[str, typer.Argument(metavar="STRATEGY", help=STRATEGY_HELP)]
Instrument = Annotated[
    str, typer.Option("--instrument", "-i", help="What is traded: AAPL or AAPL.XNAS.")
]
Timeframe = Annotated[str, typer.Option("--timeframe", "-t", help="Length of a bar: 1d, 1h, 1m.")]
Start = Annotated[
    str | None,
    typer.Option(help="From this date (midnight UTC) or time with a zone on; else the first bar."),
]
End = Annotated[
    str | None,
    typer.Option(help="Up to this date or time, which is no longer part; else the last bar."),
]
Parameters = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter; may come repeatedly."),
]
Cash = Annotated[str, typer.Option(help="Money at the start.")]
Account = Annotated[
    str | None, typer.Option("--account", "-a", help="The account; where there is one, leave out.")
]
Limit = Annotated[int, typer.Option("--limit", "-n", min=0, help="At most this many; 0: all.")]
Name = Annotated[
    str | None, typer.Option("--name", help="Name in the library for a file; else from its class.")
]


def to_parameters(given: list[str] | None) -> dict[str, str]:
    """`{"fast": "10"}` for `["fast=10"]`. Raises Failure (exit 2) where there is no `=`."""
    parameters = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise usage(f"--param {text}: not NAME=VALUE", hint="--param fast=10")
        parameters[name] = value
    return parameters
