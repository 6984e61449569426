"""The main of an import's worker: `python -m apps.containers.import_worker … [calendars]`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from adapters.exchange_calendars.calendars import ExchangeCalendars
from adapters.parquet.files import read_snapshot
from adapters.parquet.staged_rows import ParquetStagedRows
from adapters.parquet.uploads import DiskUploads
from adapters.worker_process.child.main import ARGUMENTS, live
from adapters.worker_process.child.reading import Reading
from apps.market_data.imports.read_rows import ReadRows
from domain.market_data.columns import BarColumns
from ports.bar_store import Adjustment
from ports.import_worker import CheckJob

PIECE = 262_144


def bars_of(job: CheckJob) -> Iterator[BarColumns]:
    """The bars of a job as they were traded, in pieces."""
    bars = read_snapshot(job.bars, adjustment=Adjustment.NONE)
    for start in range(0, len(bars), PIECE):
        yield bars.slice(start, start + PIECE)


def read_rows(calendars: Path | None) -> ReadRows:
    """What a worker does; `calendars` is where it keeps what it learnt of venues."""
    known = ExchangeCalendars(calendars)
    return ReadRows(DiskUploads(), ParquetStagedRows(), known, bars_of)


if __name__ == "__main__":
    _folder = Path(sys.argv[ARGUMENTS + 1]) if len(sys.argv) > ARGUMENTS + 1 else None
    live(Reading(read_rows(_folder), keeps=_folder))
