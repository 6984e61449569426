"""Options that several commands share, in the same words everywhere."""

from enum import StrEnum
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
    str | None,
    typer.Option("--account", "-a", help="acc_… or its name; where there is one, leave out."),
]
BacktestId = Annotated[str, typer.Argument(metavar="BACKTEST", help="bt_…")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="run_…")]
OrderId = Annotated[str, typer.Argument(metavar="ORDER", help="The order's id.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=0, help="At most this many; 0: all.")]
Name = Annotated[
    str | None, typer.Option("--name", help="Name in the library for a file; else from its class.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Force = Annotated[
    bool, typer.Option("--force", "--yes", "-y", help="Write over a file that is there.")
]


class FileFormat(StrEnum):
    """How a file is written."""

    CSV = "csv"
    PARQUET = "parquet"


Format = Annotated[
    FileFormat | None,
    typer.Option("--format", case_sensitive=False, help="Else by the name of the file, else csv."),
]


def file_format(given: FileFormat | None, name: str) -> str:
    """As the API writes it: `FORMAT_PARQUET` for `bars.parquet`."""
    if given is None:
        is_parquet = name.lower().endswith((".parquet", ".pq"))
        given = FileFormat.PARQUET if is_parquet else FileFormat.CSV
    return f"FORMAT_{given.upper()}"


def to_parameters(given: list[str] | None, option: str = "--param ") -> dict[str, str]:
    """`{"fast": "10"}` for `["fast=10"]`. Raises Failure (exit 2) where there is no `=`."""
    parameters = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise usage(f"{option}{text}: not NAME=VALUE", hint=f"{option}fast=10")
        parameters[name] = value
    return parameters
