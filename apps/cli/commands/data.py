"""`trademesh data`: what is kept of the markets, and how more comes in."""

from pathlib import Path
from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.command import command, group
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure
from apps.cli.output.formats import OutputFormat
from apps.cli.output.views import IMPORT, INSTRUMENT, REFUSED_ROW, SERIES
from apps.cli.session import Session
from apps.cli.upload import upload

Json = dict[str, Any]

app = group()

_MARKET_DATA = "market_data.MarketDataService"


@command(app, "catalog", example="trademesh data catalog")
def catalog(session: Session) -> None:
    """List which bars are kept: instruments, timeframes, ranges."""
    session.show(session.listed(f"{_MARKET_DATA}/ListBarSeries", {}, "bar_series"), SERIES)


@command(app, "instruments", example="trademesh data instruments -o csv")
def instruments(session: Session) -> None:
    """List instruments with their tick and lot."""
    found = session.listed(f"{_MARKET_DATA}/ListInstruments", {}, "instruments")
    session.show(found, INSTRUMENT)


@command(
    app,
    "import",
    example=(
        "trademesh data import bars.csv --instrument SPY.ARCX --timeframe 1m"
        " --time-zone America/New_York"
    ),
)
def import_file(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header line.")],
    instrument: options.Instrument,
    timeframe: options.Timeframe,
    time_zone: Annotated[
        str, typer.Option(help="Zone of times that carry none: America/New_York.")
    ] = "",
) -> None:
    """Import bars from a CSV file: time (or date), open, high, low, close, volume.

    Every bar of the file is kept or none. Exit 11 where rows are refused; they are listed with
    their lines.
    """
    terms = {"instrument_id": instrument, "timeframe": timeframe, "time_zone": time_zone}
    done = upload(session, file, terms)
    if done["state"] == "STATE_SUCCEEDED":
        session.show(done, IMPORT)
        return
    _show_refusal(session, done)
    raise Failure(
        ExitCode.FAILED,
        done["error_message"] or "the import failed",
        reason=done["error_reason"],
        hint="the same again, once the file is mended; nothing was kept",
    )


def _show_refusal(session: Session, failed: Json) -> None:
    """For people the rows at fault, for programs the import that holds them."""
    if session.format is not OutputFormat.TABLE:
        session.show(failed, IMPORT)
    elif failed["refused_rows"]:
        session.show(failed["refused_rows"], REFUSED_ROW)
        shown, all_rows = len(failed["refused_rows"]), int(failed["refused_row_count"])
        if all_rows > shown:
            session.talk(f"… and {all_rows - shown:,} more")
