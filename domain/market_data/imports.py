"""An import: bars, quotes or trades on their way into the house."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from domain.errors import InvalidRequest, NotAllowedNow, NotFound, QuotaExceeded
from domain.market_data.quality.finding import Quality

LARGEST_FILE = 1 << 30
LARGEST_CHUNK = 4 << 20
MOST_TOLD = 100  # refused rows that an import itself carries; the store has the others
MOST_REFUSED = 1_000_000  # refused rows that are kept of one import; the count goes on


class ImportState(StrEnum):
    """Where an import stands."""

    UPLOADING = "uploading"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


ENDED = frozenset({ImportState.SUCCEEDED, ImportState.FAILED, ImportState.CANCELED})


class Content(StrEnum):
    """What the rows of a file are."""

    BARS = "bars"
    QUOTES = "quotes"
    TRADES = "trades"


class FileFormat(StrEnum):
    """How a file is written."""

    CSV = "csv"
    PARQUET = "parquet"


class SyntheticTerms(Struct, frozen=True):
    """A market that never was: the same seed makes the same rows."""

    seed: int
    start_date: date
    session_count: int
    start_price: Decimal = Decimal(100)
    gaps_per_100_sessions: int = 0
    halts_per_100_sessions: int = 0
    split_count: int = 0


class RefusedRow(Struct, frozen=True, gc=False):
    """A row that is no good; the header is line 1. `value` is what stood there, shortened."""

    line: int
    column: str
    reason: str
    value: str


class FileRefused(InvalidRequest):
    """The file as a whole is no good.

    MISSING_COLUMN, DUPLICATE_COLUMN and COLUMN_OF_WRONG_TYPE (fact `column`), EMPTY_FILE, NOT_TEXT,
    BROKEN_GZIP, NOT_PARQUET, FILE_TOO_LARGE.
    """

    default_reason = "NOT_TEXT"


class Import(Struct, frozen=True):
    """One import. Each verb returns the import after the change, or raises and changes nothing."""

    import_id: str
    tenant: str
    instrument_id: str
    timeframe: str
    time_zone: str
    create_ts: int
    state: ImportState = ImportState.UPLOADING
    received_bytes: int = 0
    read_rows: int = 0
    bar_count: int = 0
    refused_rows: tuple[RefusedRow, ...] = ()
    refused_row_count: int = 0
    error_reason: str = ""
    error_message: str = ""
    end_ts: int = 0
    content: Content = Content.BARS
    format: FileFormat = FileFormat.CSV
    columns: dict[str, str] = field(default_factory=dict)
    delimiter: str = ","
    skip_refused_rows: bool = False
    synthetic: SyntheticTerms | None = None
    total_rows: int = 0
    tick_count: int = 0
    duplicate_row_count: int = 0
    quality: Quality | None = None
    is_keeping: bool = False
    """Its rows are on their way into the store: from here on it only succeeds."""

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in ENDED

    def receive(self, offset: int, size: int, *, last: bool) -> "Import":
        """Take the next chunk in; the last one starts the reading.

        Raises NotAllowedNow (`IMPORT_NOT_UPLOADING`, `WRONG_OFFSET` with the fact `received_bytes`)
        and QuotaExceeded (`IMPORT_TOO_LARGE`).
        """
        if self.state is not ImportState.UPLOADING:
            raise NotAllowedNow(
                f"import {self.import_id} takes no chunk: it is {self.state.name}",
                reason="IMPORT_NOT_UPLOADING",
                import_id=self.import_id,
                state=self.state.name,
            )
        if offset != self.received_bytes:
            raise NotAllowedNow(
                f"the next chunk starts at {self.received_bytes}, not at {offset}",
                reason="WRONG_OFFSET",
                received_bytes=str(self.received_bytes),
                offset=str(offset),
            )
        if offset + size > LARGEST_FILE:
            raise QuotaExceeded(
                f"a file may have {LARGEST_FILE} bytes",
                reason="IMPORT_TOO_LARGE",
                limit=str(LARGEST_FILE),
            )
        state = ImportState.RUNNING if last else ImportState.UPLOADING
        return replace(self, received_bytes=offset + size, state=state)

    def begin(self) -> "Import":
        """The reading starts, from the first row: whatever an earlier try found is forgotten."""
        return replace(
            self,
            state=ImportState.RUNNING,
            read_rows=0,
            refused_rows=(),
            refused_row_count=0,
        )

    def read(self, rows: int, total: int = 0, refused: Sequence[RefusedRow] = ()) -> "Import":
        """So many rows have been looked at; these more were refused. What has ended stays."""
        if self.ended:
            return self
        return replace(
            self,
            read_rows=rows,
            total_rows=total,
            refused_rows=(*self.refused_rows, *refused)[:MOST_TOLD],
            refused_row_count=self.refused_row_count + len(refused),
        )

    def finish_reading(
        self, *, rows: int, refused: int, duplicates: int, quality: Quality | None
    ) -> "Import":
        """Every row has been looked at; this is the report."""
        return replace(
            self,
            read_rows=rows,
            total_rows=rows,
            refused_row_count=refused,
            duplicate_row_count=duplicates,
            quality=quality,
        )

    def keep(self) -> "Import":
        """The rows go into the store now. One that has ended stays as it is."""
        return self if self.ended else replace(self, is_keeping=True)

    def succeed(self, ts: int, *, kept: int) -> "Import":
        """Every good row is kept."""
        is_bars = self.content is Content.BARS
        return replace(
            self,
            state=ImportState.SUCCEEDED,
            bar_count=kept if is_bars else 0,
            tick_count=0 if is_bars else kept,
            end_ts=ts,
        )

    def refuse(self, ts: int) -> "Import":
        """Rows are at fault, so nothing was kept."""
        first, count = self.refused_rows[0], self.refused_row_count
        return replace(
            self,
            state=ImportState.FAILED,
            error_reason="REFUSED_ROWS",
            error_message=f"{count} of {self.read_rows} rows are no {self.content.value}; the first"
            f" is line {first.line}, column {first.column}: {first.reason}",
            end_ts=ts,
        )

    def fail(self, ts: int, reason: str, message: str, column: str = "") -> "Import":
        """The file as a whole was no good (`column` of its header), or it could not be read."""
        if self.ended:
            return self
        header = (RefusedRow(1, column, reason, ""),) if column else self.refused_rows
        return replace(
            self,
            state=ImportState.FAILED,
            error_reason=reason,
            error_message=message,
            refused_rows=header,
            refused_row_count=max(len(header), self.refused_row_count),
            end_ts=ts,
        )

    def cancel(self, ts: int) -> "Import":
        """As asked. Raises NotAllowedNow (`IMPORT_ENDED`), also while its rows are being kept."""
        if self.ended or self.is_keeping:
            raise NotAllowedNow(
                f"import {self.import_id} has ended: {self.state.name}",
                reason="IMPORT_ENDED",
                import_id=self.import_id,
                state=self.state.name,
            )
        return replace(self, state=ImportState.CANCELED, end_ts=ts)


def import_not_found(import_id: str) -> NotFound:
    """No such import, or another tenant's."""
    return NotFound(f"no import {import_id}", reason="IMPORT_NOT_FOUND", import_id=import_id)
