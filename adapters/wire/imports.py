"""Imports between the domain and protobuf."""

from datetime import date
from decimal import Decimal

from adapters.wire.quality import quality_to_wire
from adapters.wire.values import Choices, decimal_from_wire, decimal_to_wire, required, time_to_wire
from domain.errors import invalid, under
from domain.market_data.imports import (
    Content,
    FileFormat,
    Import,
    ImportState,
    RefusedRow,
    SyntheticTerms,
)
from trademesh.market_data.v1 import import_pb2 as pb

STATES = Choices(
    {
        pb.Import.STATE_UPLOADING: ImportState.UPLOADING,
        pb.Import.STATE_RUNNING: ImportState.RUNNING,
        pb.Import.STATE_SUCCEEDED: ImportState.SUCCEEDED,
        pb.Import.STATE_FAILED: ImportState.FAILED,
        pb.Import.STATE_CANCELED: ImportState.CANCELED,
    }
)
CONTENTS = Choices(
    {
        pb.Import.CONTENT_BARS: Content.BARS,
        pb.Import.CONTENT_QUOTES: Content.QUOTES,
        pb.Import.CONTENT_TRADES: Content.TRADES,
    }
)
FORMATS = Choices(
    {
        pb.Import.FORMAT_CSV: FileFormat.CSV,
        pb.Import.FORMAT_PARQUET: FileFormat.PARQUET,
    }
)


def content_from_wire(value: "pb.Import.Content.ValueType") -> Content:
    """Bars unless the client says otherwise. Raises InvalidRequest."""
    return CONTENTS.from_wire("import.content", value, unset=Content.BARS)


def format_from_wire(value: "pb.Import.Format.ValueType") -> FileFormat:
    """CSV unless the client says otherwise. Raises InvalidRequest."""
    return FORMATS.from_wire("import.format", value, unset=FileFormat.CSV)


def synthetic_from_wire(wire: pb.Synthetic) -> SyntheticTerms:
    """A made market. Raises InvalidRequest: MISSING_FIELD, BAD_DATE, NOT_A_DECIMAL."""
    with under("import.synthetic"):
        text = required("start_date", wire.start_date)
        try:
            start = date.fromisoformat(text)
        except ValueError:
            raise invalid("start_date", "is no date like 2024-01-02", reason="BAD_DATE") from None
        price = wire.start_price
        return SyntheticTerms(
            seed=wire.seed,
            start_date=start,
            session_count=wire.session_count,
            start_price=decimal_from_wire("start_price", price) if price else Decimal(100),
            gaps_per_100_sessions=wire.gaps_per_100_sessions,
            halts_per_100_sessions=wire.halts_per_100_sessions,
            split_count=wire.split_count,
        )


def import_to_wire(one: Import) -> pb.Import:
    """The import as it stands."""
    wire = pb.Import(
        import_id=one.import_id,
        instrument_id=one.instrument_id,
        timeframe=one.timeframe,
        time_zone=one.time_zone,
        state=STATES.to_wire(one.state),
        received_bytes=one.received_bytes,
        read_rows=one.read_rows,
        bar_count=one.bar_count,
        refused_rows=map(refused_row_to_wire, one.refused_rows),
        refused_row_count=one.refused_row_count,
        error_reason=one.error_reason,
        error_message=one.error_message,
        create_time=time_to_wire(one.create_ts),
        content=CONTENTS.to_wire(one.content),
        format=FORMATS.to_wire(one.format),
        columns=one.columns,
        delimiter=one.delimiter if one.format is FileFormat.CSV else "",
        skip_refused_rows=one.skip_refused_rows,
        synthetic=None if one.synthetic is None else _synthetic_to_wire(one.synthetic),
        total_rows=one.total_rows,
        tick_count=one.tick_count,
        duplicate_row_count=one.duplicate_row_count,
        quality=None if one.quality is None else quality_to_wire(one.quality),
    )
    if one.ended:
        wire.end_time.CopyFrom(time_to_wire(one.end_ts))
    return wire


def refused_row_to_wire(row: RefusedRow) -> pb.RefusedRow:
    """One row that is no good."""
    return pb.RefusedRow(line=row.line, column=row.column, reason=row.reason, value=row.value)


def _synthetic_to_wire(terms: SyntheticTerms) -> pb.Synthetic:
    return pb.Synthetic(
        seed=terms.seed,
        start_date=terms.start_date.isoformat(),
        session_count=terms.session_count,
        start_price=decimal_to_wire(terms.start_price),
        gaps_per_100_sessions=terms.gaps_per_100_sessions,
        halts_per_100_sessions=terms.halts_per_100_sessions,
        split_count=terms.split_count,
    )
