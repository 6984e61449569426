"""Where imported rows are read and checked: in a process apart, for a file may hold anything."""

from collections.abc import Iterator
from typing import Protocol, TypeAlias, TypeVar

from msgspec import Struct

from domain.errors import NotAllowedNow
from domain.instruments import Instrument
from domain.market_data.columns import BarColumns
from domain.market_data.corporate_actions import CorporateAction
from domain.market_data.files.checked_rows import AnyColumns, RowTerms
from domain.market_data.files.raw_rows import RawRows
from domain.market_data.imports import Import, RefusedRow
from domain.market_data.quality.finding import Finding, Quality
from domain.market_data.quote_columns import QuoteColumns
from domain.market_data.trade_columns import TradeColumns
from ports.bar_store import BarSnapshot
from ports.job_queue import JobQueue, JobWorker

C = TypeVar("C", BarColumns, QuoteColumns, TradeColumns)


class ImportBroke(NotAllowedNow):
    """The worker ended by itself: IMPORT_PROCESS_ENDED, IMPORT_TIMED_OUT, IMPORT_OUT_OF_MEMORY."""

    default_reason = "IMPORT_PROCESS_ENDED"


class ImportJob(Struct, frozen=True, tag="import"):
    """An import for a worker. Everything it reads and writes is named here."""

    terms: Import
    instrument: Instrument
    actions: tuple[CorporateAction, ...]
    """What is known to have happened to the shares."""
    file: str
    """The upload, an absolute path, of `terms.received_bytes`."""
    output: str
    """A folder to put the good rows into; nobody reads it before the job is done."""
    check_ts: int


class CheckJob(Struct, frozen=True, tag="check"):
    """A look at bars that are kept."""

    bars: BarSnapshot
    timeframe: str
    check_ts: int


MarketDataJob: TypeAlias = ImportJob | CheckJob


class ReadingProgress(Struct, frozen=True):
    """How far it is, and what was found since it was told last."""

    rows: int = 0
    total_rows: int = 0
    refused: tuple[RefusedRow, ...] = ()
    findings: tuple[Finding, ...] = ()


class ReadingOutcome(Struct, frozen=True):
    """What a worker brings back; the good rows lie in the folder of the job."""

    rows: int = 0
    kept_rows: int = 0
    refused_rows: int = 0
    duplicate_rows: int = 0
    quality: Quality | None = None
    file_reason: str = ""
    """Why the file as a whole is no good; empty for one that is."""
    file_message: str = ""
    file_column: str = ""
    actions: tuple[CorporateAction, ...] = ()
    """Of rows that were made: what is known of the shares from now on."""


# Both raise ImportBroke.
ImportWorker: TypeAlias = JobWorker[MarketDataJob, ReadingProgress, ReadingOutcome]
ImportQueue: TypeAlias = JobQueue[MarketDataJob, ReadingProgress, ReadingOutcome]


class UploadedFiles(Protocol):
    """Uploaded files as a worker reads them. It blocks."""

    def bytes_of(self, path: str, size: int) -> Iterator[bytes]:
        """The first `size` bytes in pieces. Raises `Unavailable` STORE_UNAVAILABLE."""
        ...

    def parquet_rows(
        self, path: str, row_terms: RowTerms, import_terms: Import
    ) -> tuple[int, Iterator[RawRows]]:
        """How many rows a Parquet file has, and those rows in pieces.

        Raises FileRefused: NOT_PARQUET, MISSING_COLUMN, DUPLICATE_COLUMN, COLUMN_OF_WRONG_TYPE.
        """
        ...


class StagedRows(Protocol):
    """Good rows on their way from a worker to a store, in files. It blocks."""

    def write(self, folder: str, number: int, rows: AnyColumns) -> None:
        """Puts the piece with this number, from 0, there. Raises `Unavailable`."""
        ...

    def read(self, folder: str, columns: type[C]) -> Iterator[C]:
        """The pieces in their order. Raises `Unavailable`."""
        ...
