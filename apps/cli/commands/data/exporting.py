"""`trademesh data export`: bars as a file."""

from pathlib import Path
from typing import Annotated

import typer

from apps.cli import options
from apps.cli.command import command, group
from apps.cli.export import export
from apps.cli.session import Session
from apps.cli.times import time_range

app = group()


@command(
    app,
    "export",
    example=(
        "trademesh data export aapl.csv --instrument AAPL --timeframe 1d\n"
        "trademesh data export aapl.parquet -i AAPL -t 1d --start 2010-01-01 --force"
    ),
    prints="exports.Export",
)
def export_bars(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; - is stdout.")],
    instrument: options.Instrument,
    timeframe: options.Timeframe,
    start: options.Start = None,
    end: options.End = None,
    unadjusted: Annotated[
        bool, typer.Option("--unadjusted", help="As traded, with splits as they were.")
    ] = False,
    file_format: options.Format = None,
    force: options.Force = False,
    dry_run: options.DryRun = False,
) -> None:
    """Write bars to a file: CSV or Parquet. The file is there when it is complete, not before."""
    bars = {"instrument_id": instrument, "timeframe": timeframe, "unadjusted": unadjusted}
    content = {"bars": bars | time_range(start, end)}
    export(session, content, file, file_format, force=force, dry_run=dry_run)
