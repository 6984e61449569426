"""`trademesh data import`, `generate`, `report` and `download`: how data comes in."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from apps.cli import options
from apps.cli.command import command, group
from apps.cli.exits import ExitCode
from apps.cli.failure import Failure, usage
from apps.cli.import_report import IMPORTS, show_ended
from apps.cli.output.market_views import FINDING, IMPORT, REFUSED_ROW
from apps.cli.session import Session
from apps.cli.upload import declare, follow_import, upload

Json = dict[str, Any]

app = group()


class Content(StrEnum):
    """What the rows of a file are."""

    BARS = "bars"
    QUOTES = "quotes"
    TRADES = "trades"


Rows = Annotated[Content, typer.Option("--content", case_sensitive=False, help="What a row is.")]
BarLength = Annotated[
    str, typer.Option("--timeframe", "-t", help="Length of a bar: 1d, 1h, 1m; only for bars.")
]


@command(
    app,
    "import",
    example=(
        "trademesh data import bars.csv --instrument SPY.ARCX --timeframe 1m"
        " --time-zone America/New_York\n"
        "trademesh data import old.csv -i IBM -t 1d --delimiter ';' --column close='Adj Close'\n"
        "trademesh data import quotes.parquet -i AAPL.XNAS --content quotes"
    ),
    prints="market_data.Import",
)
def import_file(
    session: Session,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV with a header line (.gz too) or Parquet.")
    ],
    instrument: options.Instrument,
    timeframe: BarLength = "",
    content: Rows = Content.BARS,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="OURS=THEIRS", help="A column under another name."),
    ] = None,
    delimiter: Annotated[
        str, typer.Option(help="What parts the values: , (else), ; or | or tab.")
    ] = "",
    time_zone: Annotated[
        str, typer.Option(help="Zone of times that carry none: America/New_York.")
    ] = "",
    file_format: options.Format = None,
    skip_refused_rows: Annotated[
        bool, typer.Option("--skip-refused-rows", help="Keep the good rows even so (exit 12).")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the terms, send nothing.")
    ] = False,
) -> None:
    """Import bars, quotes or trades from a file, and say what was odd in it.

    Every row of the file is kept or none, unless --skip-refused-rows. Exit 11 where rows are
    refused: they are listed with their lines.
    """
    terms = {
        "instrument_id": instrument,
        "timeframe": _bar_length(content, timeframe),
        "content": f"CONTENT_{content.upper()}",
        "columns": options.to_parameters(column, "--column "),
        "delimiter": "\t" if delimiter in {"tab", "\\t"} else delimiter,
        "time_zone": time_zone,
        "format": options.file_format(file_format, file.name),
        "skip_refused_rows": skip_refused_rows,
    }
    if dry_run:
        session.show(declare(session, terms, validate_only=True), IMPORT)
    else:
        show_ended(session, upload(session, file, terms))


@command(
    app,
    "generate",
    example=(
        "trademesh data generate --instrument TEST.SYNTHETIC --timeframe 1m"
        " --start-date 2024-01-02 --sessions 60 --seed 7 --splits 1"
    ),
    prints="market_data.Import",
)
def generate(
    session: Session,
    instrument: Annotated[
        str, typer.Option("--instrument", "-i", help="A name at the venue SYNTHETIC.")
    ],
    start_date: Annotated[str, typer.Option(help="The first session: 2024-01-02.")],
    sessions: Annotated[int, typer.Option(help="How many sessions.")],
    timeframe: BarLength = "1m",
    content: Rows = Content.BARS,
    seed: Annotated[int, typer.Option(min=0, help="The same one makes the same market.")] = 0,
    start_price: Annotated[str, typer.Option(help="The price it starts with.")] = "100",
    gaps: Annotated[int, typer.Option(help="Gaps in a hundred sessions.")] = 0,
    halts: Annotated[int, typer.Option(help="Trading halts in a hundred sessions.")] = 0,
    splits: Annotated[int, typer.Option(help="Splits in all.")] = 0,
    dry_run: options.DryRun = False,
) -> None:
    """Make a market that never was. The same seed makes the same one; it is labelled SYNTHETIC."""
    terms = {
        "instrument_id": instrument,
        "timeframe": timeframe if content is Content.BARS else "",
        "content": f"CONTENT_{content.upper()}",
        "synthetic": {
            "seed": str(seed),
            "start_date": start_date,
            "session_count": sessions,
            "start_price": start_price,
            "gaps_per_100_sessions": gaps,
            "halts_per_100_sessions": halts,
            "split_count": splits,
        },
    }
    declared = declare(session, terms, validate_only=dry_run)
    if dry_run:
        session.show(declared, IMPORT)
    else:
        show_ended(session, follow_import(session, declared["import_id"]))


@command(
    app,
    "report",
    example="trademesh data report imp_…\ntrademesh data report imp_… --refused -o csv",
    prints="market_data.Import",
)
def report(
    session: Session,
    import_id: Annotated[str, typer.Argument(metavar="IMPORT", help="imp_…")],
    refused: Annotated[bool, typer.Option("--refused", help="Its refused rows instead.")] = False,
    findings: Annotated[bool, typer.Option("--findings", help="What was odd instead.")] = False,
    limit: options.Limit = 50,
) -> None:
    """Print how an import went: its counts, or every refused row, or every finding."""
    asked = {"import_id": import_id}
    if refused:
        rows = session.listed(f"{IMPORTS}/ListRefusedRows", asked, "refused_rows", limit)
        session.show(rows, REFUSED_ROW)
    elif findings:
        found = session.listed(f"{IMPORTS}/ListImportFindings", asked, "findings", limit)
        session.show(found, FINDING)
    else:
        session.show(session.call(f"{IMPORTS}/GetImport", asked)["import"], IMPORT)


@command(app, "download", example="trademesh data download AAPL --timeframe 1d")
def download(
    session: Session,
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="AAPL or AAPL.XNAS.")],
    timeframe: options.Timeframe = "1d",
) -> None:
    """Fetch bars from a data provider: not in this version. Exit 7."""
    session.output = None
    raise Failure(
        ExitCode.NOT_ALLOWED_NOW,
        f"{instrument} {timeframe} cannot be downloaded: providers of data come in a later version",
        reason="NO_DATA_PROVIDER",
        hint="trademesh data import FILE, or trademesh data generate",
    )


def _bar_length(content: Content, timeframe: str) -> str:
    if content is Content.BARS and not timeframe:
        raise usage("bars have a length: say --timeframe", hint="--timeframe 1d")
    return timeframe
