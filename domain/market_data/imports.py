"""An import: bars on their way into the house, from the declaration to the last row."""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.errors import InvalidRequest, NotAllowedNow, NotFound, QuotaExceeded

LARGEST_FILE = 1 << 30
LARGEST_CHUNK = 4 << 20


class ImportState(StrEnum):
    """Where an import stands."""

    UPLOADING = "uploading"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class RefusedRow(Struct, frozen=True):
    """A line that cannot be a bar; the header is line 1. `value` is what stood there, shortened."""

    line: int
    column: str
    reason: str
    value: str


class FileRefused(InvalidRequest):
    """The file as a whole is no good: MISSING_COLUMN, DUPLICATE_COLUMN, EMPTY_FILE or NOT_TEXT."""

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

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in (ImportState.SUCCEEDED, ImportState.FAILED)

    def receive(self, offset: int, size: int, *, last: bool) -> "Import":
        """Take the next chunk in; the last one starts the reading.

        Raises NotAllowedNow (`IMPORT_NOT_UPLOADING`, `WRONG_OFFSET` with the fact `received_bytes`)
        and QuotaExceeded (`IMPORT_TOO_LARGE`).
        """
        if self.state is not ImportState.UPLOADING:
            raise NotAllowedNow(
                f"import {self.import_id} has its whole file",
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

    def read(self, rows: int) -> "Import":
        """So many rows have been looked at."""
        return replace(self, read_rows=rows)

    def succeed(self, ts: int, *, rows: int, bars: int) -> "Import":
        """Every bar is kept."""
        return replace(self, state=ImportState.SUCCEEDED, read_rows=rows, bar_count=bars, end_ts=ts)

    def refuse(
        self, ts: int, *, rows: int, refused: Sequence[RefusedRow], refused_count: int
    ) -> "Import":
        """Rows are at fault, so nothing was kept."""
        first = refused[0]
        return replace(
            self,
            state=ImportState.FAILED,
            read_rows=rows,
            refused_rows=tuple(refused),
            refused_row_count=refused_count,
            error_reason="REFUSED_ROWS",
            error_message=f"{refused_count} of {rows} rows are no bars; the first is line "
            f"{first.line}, column {first.column}: {first.reason}",
            end_ts=ts,
        )

    def fail(self, ts: int, reason: str, message: str, column: str = "") -> "Import":
        """The file as a whole was no good (`column` of its header), or it could not be read."""
        header = (RefusedRow(1, column, reason, ""),) if column else ()
        return replace(
            self,
            state=ImportState.FAILED,
            error_reason=reason,
            error_message=message,
            refused_rows=header,
            refused_row_count=len(header),
            end_ts=ts,
        )


def import_not_found(import_id: str) -> NotFound:
    """No such import, or another tenant's."""
    return NotFound(f"no import {import_id}", reason="IMPORT_NOT_FOUND", import_id=import_id)
