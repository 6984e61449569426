"""Exports between the wire and the domain."""

from google.api import httpbody_pb2

from adapters.wire.values import Choices, missing, required, time_from_wire, time_to_wire
from domain.exports.export import (
    AccountContent,
    BacktestContent,
    BarsContent,
    Content,
    Export,
    ExportFormat,
    ExportState,
)
from trademesh.exports.v1 import export_pb2

STATES = Choices(
    {
        export_pb2.Export.STATE_RUNNING: ExportState.RUNNING,
        export_pb2.Export.STATE_SUCCEEDED: ExportState.SUCCEEDED,
        export_pb2.Export.STATE_FAILED: ExportState.FAILED,
        export_pb2.Export.STATE_CANCELED: ExportState.CANCELED,
        export_pb2.Export.STATE_EXPIRED: ExportState.EXPIRED,
    }
)
FORMATS = Choices(
    {
        export_pb2.Export.FORMAT_CSV: ExportFormat.CSV,
        export_pb2.Export.FORMAT_PARQUET: ExportFormat.PARQUET,
    }
)
CONTENT_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
}
ACCOUNTS = ("account_orders", "account_fills")


def content_from_wire(export: export_pb2.Export) -> Content:
    """What is to be exported. Raises `InvalidRequest` naming the field."""
    name = export.WhichOneof("content")
    if name is None:
        raise missing("content")
    if name == "bars":
        return _bars_from_wire(export.bars)
    noun, _, what = name.partition("_")
    object_id = required(f"{name}.{noun}_id", getattr(getattr(export, name), f"{noun}_id"))
    if name in ACCOUNTS:
        return AccountContent(object_id, what)
    return BacktestContent(object_id, what)


def format_from_wire(export: export_pb2.Export) -> ExportFormat:
    """CSV where nothing is said. Raises `InvalidRequest` naming `format`."""
    return FORMATS.from_wire("format", export.format, unset=ExportFormat.CSV)


def export_to_wire(export: Export) -> export_pb2.Export:
    """An export as it stands."""
    wire = export_pb2.Export(
        export_id=export.export_id,
        format=FORMATS.to_wire(export.format),
        state=STATES.to_wire(export.state),
        row_count=export.row_count,
        total_row_count=export.total_row_count,
        size_bytes=export.size_bytes,
        file_name=export.file_name,
        error_reason=export.error_reason,
        error_message=export.error_message,
        create_time=time_to_wire(export.create_ts),
        end_time=time_to_wire(export.end_ts) if export.end_ts else None,
        expire_time=time_to_wire(export.expire_ts) if export.expire_ts else None,
    )
    _content_to_wire(export.content, wire)
    return wire


def piece_to_wire(export: Export, data: bytes) -> httpbody_pb2.HttpBody:
    """A piece of the file, which says what the whole is."""
    return httpbody_pb2.HttpBody(content_type=CONTENT_TYPES[export.format], data=data)


def _bars_from_wire(bars: export_pb2.Bars) -> BarsContent:
    start, end = bars.HasField("start_time"), bars.HasField("end_time")
    return BarsContent(
        instrument_id=bars.instrument_id,
        timeframe=bars.timeframe,
        start_ts=time_from_wire("bars.start_time", bars.start_time) if start else None,
        end_ts=time_from_wire("bars.end_time", bars.end_time) if end else None,
        unadjusted=bars.unadjusted,
    )


def _content_to_wire(content: Content, wire: export_pb2.Export) -> None:
    match content:
        case BarsContent():
            wire.bars.instrument_id = content.instrument_id
            wire.bars.timeframe = content.timeframe
            wire.bars.unadjusted = content.unadjusted
            if content.start_ts is not None:
                wire.bars.start_time.CopyFrom(time_to_wire(content.start_ts))
            if content.end_ts is not None:
                wire.bars.end_time.CopyFrom(time_to_wire(content.end_ts))
        case AccountContent():
            getattr(wire, content.field).account_id = content.account_id
        case BacktestContent():
            getattr(wire, content.field).backtest_id = content.backtest_id
